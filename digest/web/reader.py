"""The reader's pages: trying out, signing up, confirming, leaving, an issue. GET looks."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from digest.domain.subscriber import Joining, Refused, Status, Subscriber, Wishes
from digest.links import Purpose
from digest.resources import day_words, moment_words
from digest.service import Service, Shelf, SourceError
from digest.web.forms import Mistakes, fields_of, read_wishes, sent_form, sentence
from digest.web.guards import TryLimit, client_of
from digest.web.pages import page, service_of

ENOUGH_LIKES = 5
"""Liked papers from which the choice is good: who has fewer is told."""
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
    return _home(request, _typed({}), {})


@acts("/try")
def try_out(request: Request, form: Form) -> Response:
    """Show what these wishes would have brought; nothing is kept."""
    service, limit = service_of(request), request.app.state.samples
    typed = _typed(form)
    if not limit.hit(client_of(request)):
        return _home(request, typed, {"form": wait_words("tries", limit)}, status=429, seconds=limit.seconds)
    try:
        wishes, shelf = read_wishes(form, Wishes()), _shelf(service, form)
        return _home(request, typed, {}, sample=_sample(service, wishes, shelf))
    except Mistakes as error:
        return _home(request, typed, error.by_field, status=422)
    except Refused as error:
        return _home(request, typed, {"form": sentence(error)}, status=422)


@acts("/subscribe")
def sign_up(request: Request, form: Form) -> Response:
    """Take a sign-up; the answer is the same whether the address is known or not."""
    service, limit = service_of(request), request.app.state.sign_ups
    typed = _typed(form)
    address = typed["address"]
    if form.get("website"):  # Nobody sees this field; only programs fill it in, and they learn nothing.
        return page(request, "inbox", address=address, sample=None)
    if not limit.hit(client_of(request)):
        return _home(request, typed, {"form": wait_words("sign-ups", limit)}, status=429, seconds=limit.seconds)
    try:
        wishes, shelf = read_wishes(form, Wishes()), _shelf(service, form)
        consent = {"text": consent_sentence(service.settings.list_name), "from": _host(request)}
        service.sign_up(address, wishes, consent=consent, liked=shelf.papers)
    except Mistakes as error:
        return _home(request, typed, error.by_field, status=422)
    except Refused as error:
        return _home(request, typed, {"address": sentence(error)}, status=422)
    try:
        sample = _sample(service, wishes, shelf)
    except Refused:  # Too many topics for a look are not too many for a reader.
        sample = None
    return page(request, "inbox", address=address, sample=sample)


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
        path = urlsplit(service.preferences_after(token)).path
        return page(request, "confirmed", subscriber=subscriber, next_due=due_words(subscriber), preferences_path=path)
    is_confirmed = subscriber.status is Status.PENDING and subscriber.confirmed_at is not None
    waits = is_confirmed and service.settings.joining is Joining.APPROVAL
    return page(request, "waiting" if waits else "used_up", subscriber=subscriber)


@looks("/u/{token}")
def leaving(request: Request, token: str) -> Response:
    """Name the address and offer the button that unsubscribes."""
    subscriber = service_of(request).reader(Purpose.LEAVE, token)
    return page(request, "leave", subscriber=subscriber, has_left=subscriber.status is Status.UNSUBSCRIBED)


async def is_by_hand(request: Request) -> bool:
    """Tell the button of our own pages from a mail program: only the button sends the field `by_hand`."""
    try:
        return "by_hand" in await sent_form(request)
    except Exception:  # Whatever a mail program sends, or breaks off, it means leaving (RFC 8058).
        return False


@acts("/u/{token}")
def leave(request: Request, token: str, by_hand: Annotated[bool, Depends(is_by_hand)]) -> Response:
    """Unsubscribe at once (RFC 8058), whatever the body says; who pressed our own button is sent a goodbye."""
    service_of(request).leave(token, with_goodbye=by_hand)
    return page(request, "left")


@looks("/v/{token}")
def issue(request: Request, token: str) -> Response:
    """Show an issue as a page."""
    return HTMLResponse(service_of(request).view(token))


def _typed(form: Mapping[str, str]) -> dict[str, str]:
    """Give what the fields of the first page hold."""
    own = {"address": form.get("address", "").strip(), "liked": form.get("liked", "")}
    return {**fields_of(Wishes()), **form, **own}


def _shelf(service: Service, form: Mapping[str, str]) -> Shelf:
    """Read the papers typed as liked; raises Mistakes if there is no reading them, or they are too many."""
    typed = form.get("liked", "").strip()
    if not typed:
        return Shelf()
    try:
        return service.shelf_of_stranger(typed.encode())
    except (SourceError, Refused) as error:
        raise Mistakes({"liked": sentence(error)}) from error


def _sample(service: Service, wishes: Wishes, shelf: Shelf) -> dict[str, Any]:
    """Give what the page shows of the issue that would have come, if there was an edition."""
    sample = service.sample(wishes, shelf.papers)
    when = when_words(sample.day, service.now().date()) if sample else ""
    unknown = service.unknown(wishes.topics)
    return {"sample": sample, "when": when, "shelf": shelf, "enough": ENOUGH_LIKES, "unknown": unknown}


def _home(
    request: Request,
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
    *,
    status: int = 200,
    seconds: int = 0,
    sample: Mapping[str, Any] | None = None,
) -> Response:
    settings = service_of(request).settings
    return page(
        request,
        "home",
        status=status,
        headers={"Retry-After": str(seconds)} if seconds else None,
        typed=typed,
        wrong=wrong,
        sample=sample,
        consent=consent_sentence(settings.list_name),
        is_closed=settings.joining is Joining.INVITATION,
        waits_for_approval=settings.joining is Joining.APPROVAL,
        domains=settings.joining_domains if settings.joining is Joining.DOMAINS else (),
    )


def due_words(subscriber: Subscriber) -> str:
    """Say when the next issue is due, where the reader lives; empty if none is."""
    if subscriber.next_issue_at is None:
        return ""
    return moment_words(subscriber.next_issue_at, subscriber.wishes.cadence.zone)


def when_words(day: date, today: date) -> str:
    """Say when an issue would have come.

    >>> when_words(date(2026, 3, 16), date(2026, 3, 17)), when_words(date(2026, 3, 1), date(2026, 3, 17))
    ('yesterday', 'on Sunday, 1 March 2026')
    """
    return {0: "today", 1: "yesterday"}.get((today - day).days) or f"on {day_words(day)}"


def wait_words(tries: str, limit: TryLimit) -> str:
    """Say that there were too many tries of a kind, and when to come back."""
    return f"There were too many {tries} from your network. Please try again in {limit.seconds // 60} minutes."


def _host(request: Request) -> str:
    return request.client.host if request.client else ""
