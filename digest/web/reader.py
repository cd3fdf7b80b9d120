"""The reader's pages: signing up, confirming, leaving, preferences, an issue; and the program's: health. GET looks."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from digest.domain.subscriber import Joining, Refused, Status, Subscriber, Wishes
from digest.links import Purpose
from digest.resources import day_words
from digest.web.forms import Mistakes, fields_of, read_wishes, sent_form, sentence
from digest.web.guards import TryLimit, client_of
from digest.web.pages import page, service_of

Form = Annotated[Mapping[str, str], Depends(sent_form)]

router = APIRouter(default_response_class=HTMLResponse)
looks = partial(router.api_route, methods=["GET", "HEAD"], response_model=None)
acts = partial(router.api_route, methods=["POST"], response_model=None)


def consent_sentence(list_name: str) -> str:
    """Say what a reader agrees to by pressing the button; kept word for word with the sign-up."""
    return (
        f"By signing up I ask {list_name} to mail me the papers chosen for me, and to keep my address and these wishes "
        "for it, until I unsubscribe. Every mail has a link for that."
    )


@looks("/")
def home(request: Request) -> Response:
    """Say what this is, and offer the form for signing up."""
    return _home(request, {"address": ""} | fields_of(Wishes()), {})


@acts("/subscribe")
def sign_up(request: Request, form: Form) -> Response:
    """Take a sign-up; the answer is the same whether the address is known or not."""
    service, limit = service_of(request), request.app.state.sign_ups
    address, client = form.get("address", "").strip(), client_of(request)
    if form.get("website"):  # Nobody sees this field; only programs fill it in, and they learn nothing.
        return page(request, "inbox", address=address)
    typed = {**fields_of(Wishes()), **form, "address": address}
    try:
        wishes = read_wishes(form, Wishes())
        if not limit.hit(client):
            return _home(request, typed, {"form": _wait(limit)}, status=429, seconds=limit.seconds)
        consent = {"text": consent_sentence(service.settings.list_name), "from": _host(request)}
        service.sign_up(address, wishes, consent=consent)
    except Mistakes as error:
        return _home(request, typed, error.by_field, status=422)
    except Refused as error:
        return _home(request, typed, {"address": sentence(error)}, status=422)
    return page(request, "inbox", address=address)


@looks("/c/{token}")
def confirmation(request: Request, token: str) -> Response:
    """Name the address and offer the button that confirms."""
    return page(request, "confirm", subscriber=service_of(request).confirmation(token))


@acts("/c/{token}")
def confirm(request: Request, token: str) -> Response:
    """Confirm, and say when the next issue comes, that the administrator decides, or that the link was used up."""
    service = service_of(request)
    subscriber = service.confirm(token)
    if subscriber.status is Status.ACTIVE:
        return page(request, "confirmed", subscriber=subscriber, next_due=_due(subscriber))
    is_confirmed = subscriber.status is Status.PENDING and subscriber.confirmed_at is not None
    waits = is_confirmed and service.settings.joining is Joining.APPROVAL
    return page(request, "waiting" if waits else "used_up", subscriber=subscriber)


@looks("/u/{token}")
def leaving(request: Request, token: str) -> Response:
    """Name the address and offer the button that unsubscribes."""
    subscriber = service_of(request).reader(Purpose.LEAVE, token)
    return page(request, "leave", subscriber=subscriber, has_left=subscriber.status is Status.UNSUBSCRIBED)


@acts("/u/{token}")
def leave(request: Request, token: str) -> Response:
    """Unsubscribe at once (RFC 8058). The body is not read: whatever a mail program sends, it means this."""
    service_of(request).leave(token)
    return page(request, "left")


@looks("/p/{token}")
def preferences(request: Request, token: str) -> Response:
    """Show the present wishes in a form."""
    subscriber = service_of(request).reader(Purpose.PREFERENCES, token)
    return _preferences(request, token, subscriber, fields_of(subscriber.wishes))


@acts("/p/{token}")
def keep_preferences(request: Request, token: str, form: Form) -> Response:
    """Keep what the form says, and show what was kept."""
    service = service_of(request)
    subscriber = service.reader(Purpose.PREFERENCES, token)
    typed = {**fields_of(subscriber.wishes), **form}
    try:
        wishes = read_wishes(form, subscriber.wishes)
        kept = service.keep_wishes(token, wishes)
    except Mistakes as error:
        return _preferences(request, token, subscriber, typed, error.by_field, status=422)
    except Refused as error:
        return _preferences(request, token, subscriber, typed, {"form": sentence(error)}, status=422)
    return _preferences(request, token, kept, fields_of(kept.wishes), is_kept=True)


@looks("/v/{token}")
def issue(request: Request, token: str) -> Response:
    """Show an issue as a page."""
    return HTMLResponse(service_of(request).view(token))


@looks("/healthz")
def health(request: Request) -> Response:
    """Tell a program whether all is well."""
    said = service_of(request).health()
    return JSONResponse(dict(said), 200 if said["ok"] else 503)


def _home(
    request: Request, typed: Mapping[str, str], wrong: Mapping[str, str], *, status: int = 200, seconds: int = 0
) -> Response:
    settings = service_of(request).settings
    return page(
        request,
        "home",
        status=status,
        headers={"Retry-After": str(seconds)} if seconds else None,
        typed=typed,
        wrong=wrong,
        consent=consent_sentence(settings.list_name),
        is_closed=settings.joining is Joining.INVITATION,
        waits_for_approval=settings.joining is Joining.APPROVAL,
        domains=settings.joining_domains if settings.joining is Joining.DOMAINS else (),
    )


def _preferences(
    request: Request,
    token: str,
    subscriber: Subscriber,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    is_kept: bool = False,
) -> Response:
    links = service_of(request).links
    leave_link = links.link(Purpose.LEAVE, links.read(Purpose.PREFERENCES, token))
    return page(
        request,
        "preferences",
        status=status,
        subscriber=subscriber,
        typed=typed,
        wrong=wrong or {},
        is_kept=is_kept,
        has_left=subscriber.status is Status.UNSUBSCRIBED,
        leave_path=urlsplit(leave_link).path,
        next_due=_due(subscriber),
    )


def _due(subscriber: Subscriber) -> str:
    zone = subscriber.wishes.cadence.zone
    if subscriber.next_issue_at is None:
        return ""
    local: datetime = subscriber.next_issue_at.astimezone(ZoneInfo(zone))
    return f"{day_words(local.date())}, at {local:%H:%M} ({zone.replace('_', ' ')})"


def _wait(limit: TryLimit) -> str:
    return f"There were too many sign-ups from your network. Please try again in {limit.seconds // 60} minutes."


def _host(request: Request) -> str:
    return request.client.host if request.client else ""
