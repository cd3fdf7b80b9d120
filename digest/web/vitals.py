"""The program's pages: is it alive, does it do its work, and what does it count. GET looks."""

from functools import partial
from ipaddress import ip_address

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from digest.web.admin import administrator
from digest.web.pages import service_of

router = APIRouter()
looks = partial(router.api_route, methods=["GET", "HEAD"], response_model=None)


def near_or_administrator(request: Request) -> None:
    """Let in who asks from this machine; everybody else must know the administrator's password."""
    try:
        is_near = ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        is_near = False
    if not is_near:
        administrator(request)


@looks("/healthz")
def health(request: Request) -> Response:
    """Tell whether this process answers and reaches its database."""
    said = service_of(request).health()
    return JSONResponse(dict(said), 200 if said["ok"] else 503)


@looks("/readyz")
def readiness(request: Request) -> Response:
    """Tell whether the house does its work, and what is missing."""
    said = service_of(request).readiness()
    return JSONResponse(dict(said), 200 if said["ok"] else 503)


@looks("/metrics", dependencies=[Depends(near_or_administrator)])
def metrics(request: Request) -> Response:
    """Give what is counted, in the text form of Prometheus."""
    return PlainTextResponse(service_of(request).metrics(), media_type="text/plain; version=0.0.4")
