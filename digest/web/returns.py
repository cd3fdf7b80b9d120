"""The mail provider's door: what came back is posted here as it is, and believed only with a signature."""

import hmac

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from digest.web.pages import service_of

LONGEST_AGE = 300
"""Seconds by which the time in a signature may differ from ours; the same again is harmless, it counts once."""
router = APIRouter()


@router.post("/returns", response_model=None)
async def take_in(request: Request) -> Response:
    """Act on a mail that came back: 204; 503 where the database is away."""
    service = service_of(request)
    secret = service.settings.bounce_webhook_secret.get_secret_value()
    if not secret:
        raise HTTPException(404)
    now, raw = service.now().timestamp(), await request.body()
    if not is_signed(raw, request.headers.get("Digest-Signature", ""), secret, now):
        raise HTTPException(401, "The signature is missing, wrong, or older than five minutes.")
    return Response(status_code=204 if await run_in_threadpool(service.take_in, raw) else 503)


def is_signed(raw: bytes, header: str, secret: str, now: float) -> bool:
    """Whether ``t=<unix seconds>,v1=<hex of HMAC-SHA256 of "t." + body>`` was made with the secret, a short time ago.

    >>> made = hmac.digest(b"secret", b"1700000000.body", "sha256").hex()
    >>> header = f"t=1700000000,v1={made}"
    >>> [is_signed(b"body", header, "secret", 1_700_000_000.0 + late) for late in (-301, 0, 300, 301)]
    [False, True, True, False]
    """
    said = dict(part.strip().partition("=")[::2] for part in header.split(","))
    moment, signature = said.get("t", ""), said.get("v1", "")
    if not (moment.isascii() and moment.isdecimal() and len(moment) <= 12 and signature.isascii()):
        return False
    made = hmac.digest(secret.encode(), f"{moment}.".encode() + raw, "sha256").hex()
    return hmac.compare_digest(made, signature) and abs(now - int(moment)) <= LONGEST_AGE
