"""The administrator's pages, behind a password: what was collected, who waits, and what will leave. GET looks."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from digest.domain.subscriber import Status, Wishes
from digest.web.forms import Mistakes, fields_of, read_wishes
from digest.web.guards import ADMIN, client_of
from digest.web.pages import base_of, page, service_of

ROWS = 100
"""How many rows a page shows."""
ODD_SHOWN = 50
"""How many papers with odd counts are named; all of them are counted."""
HOW_TO_SWITCH_ON = (
    "The administrator's pages are switched off. Set DIGEST_ADMIN_PASSWORD and start the service again to open them."
)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=100_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One page of many rows.

    >>> leaf_of(list("abcde"), 2, size=2)
    Leaf(rows=['c', 'd'], number=2, last=3, before=2)
    """

    rows: Sequence[Any]
    number: int
    last: int
    before: int


def leaf_of(rows: Sequence[Any], number: int, *, size: int = ROWS) -> Leaf:
    """Cut out a page of rows; a number behind the end gives the last page."""
    last = max(1, -(-len(rows) // size))
    before = size * (min(number, last) - 1)
    return Leaf(rows=rows[before : before + size], number=min(number, last), last=last, before=before)


def administrator(request: Request) -> None:
    """Let nobody in but who knows the password; any name will do.

    Raises
    ------
    HTTPException
        404 if there is no password, 429 after too many wrong ones, 401 for a wrong one or none.
    """
    known = service_of(request).settings.admin_password.get_secret_value()
    if not known:
        raise HTTPException(404, HOW_TO_SWITCH_ON)
    failed, client = request.app.state.failed_logins, client_of(request)
    if failed.is_spent(client):
        said = f"There were too many wrong passwords. Please try again in {failed.seconds // 60} minutes."
        raise HTTPException(429, said, {"Retry-After": str(failed.seconds)})
    authorization = request.headers.get("authorization", "")
    if not secrets.compare_digest(_password(authorization).encode(), known.encode()):
        if authorization:  # A browser asks without a password first; that is no try.
            failed.hit(client)
        said = "This page asks for the administrator's password."
        raise HTTPException(401, said, {"WWW-Authenticate": 'Basic realm="digest", charset="UTF-8"'})


def same_site(request: Request) -> None:
    """Refuse a form that another site sent: a browser would add the password to it by itself.

    Raises
    ------
    HTTPException
        403 if the Origin header, or else Sec-Fetch-Site, says so.
    """
    origin = request.headers.get("origin")
    if origin is None:
        is_ours = request.headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
    else:
        public = urlsplit(service_of(request).settings.public_url).netloc
        is_ours = urlsplit(origin).netloc in {public, request.headers.get("host")} - {"", None}
    if not is_ours:
        raise HTTPException(403)


router = APIRouter(prefix=ADMIN, dependencies=[Depends(administrator)], default_response_class=HTMLResponse)
looks = partial(router.api_route, methods=["GET", "HEAD"], response_model=None)


@looks("")
def today(request: Request, number: PageNumber = 1) -> Response:
    """Show the edition with its candidates, the receipts, the ledger, and who waits to be let in."""
    service = service_of(request)
    shown = service.edition_page()
    leaf = leaf_of(shown.edition.candidates if shown else (), number)
    waiting = [subscriber for subscriber in service.subscribers(Status.PENDING) if subscriber.confirmed_at]
    return page(
        request,
        "admin",
        edition=shown.edition if shown else None,
        papers=shown.papers if shown else {},
        leaf=leaf,
        odd=shown.odd if shown else (),
        odd_shown=ODD_SHOWN,
        receipts=service.receipts(),
        alarms=service.alarms(),
        ledger=service.ledger(),
        waiting=waiting,
    )


@router.post("/approve/{subscriber_id}", dependencies=[Depends(same_site)], response_model=None)
def approve(request: Request, subscriber_id: Number) -> Response:
    """Let a waiting subscriber in."""
    service = service_of(request)
    if not service.approve(subscriber_id):
        raise HTTPException(404, "Nobody waits under this number; perhaps the reader was let in already.")
    return RedirectResponse(f"{base_of(service)}{ADMIN}#waiting", 303)


@looks("/subscribers")
def subscribers(request: Request, number: PageNumber = 1, status: Status | None = None) -> Response:
    """List subscribers, all or those of one status."""
    leaf = leaf_of(service_of(request).subscribers(status), number)
    return page(request, "admin_subscribers", leaf=leaf, chosen=status, statuses=list(Status))


@looks("/preview/{subscriber_id}")
def preview(request: Request, subscriber_id: Number) -> Response:
    """Show the next issue of a subscriber exactly as it will leave."""
    try:
        shown = service_of(request).preview(subscriber_id)
    except LookupError as error:
        raise HTTPException(404, "There is no such subscriber, or no edition yet.") from error
    return page(request, "admin_preview", preview=shown, subscriber_id=subscriber_id, typed=None, wrong={})


@looks("/preview")
def preview_wishes(request: Request) -> Response:
    """Show what a reader of the topics typed on the spot would get."""
    asked = dict(request.query_params)
    shown, wrong, typed = None, {}, fields_of(Wishes()) | asked
    try:
        if "topics" in asked:
            shown = service_of(request).preview_wishes(read_wishes(asked, Wishes()))
    except Mistakes as error:
        wrong = error.by_field
    except LookupError as error:
        raise HTTPException(404, "There is no edition yet to choose papers from.") from error
    status = 422 if wrong else 200
    return page(request, "admin_preview", status=status, preview=shown, subscriber_id=None, typed=typed, wrong=wrong)


def _password(authorization: str) -> str:
    scheme, _, coded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
