FROM python:3.13-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY digest digest
COPY templates templates
COPY migrations migrations
RUN python -m venv /opt/digest && /opt/digest/bin/pip install --no-cache-dir --constraint constraints.txt '.[postgresql]'

FROM python:3.13-slim
RUN useradd --create-home --home-dir /var/lib/digest digest
COPY --from=build /opt/digest /opt/digest
ENV PATH=/opt/digest/bin:$PATH PYTHONUNBUFFERED=1
USER digest
WORKDIR /var/lib/digest
VOLUME /var/lib/digest
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
CMD ["digest", "serve", "--host", "0.0.0.0"]
