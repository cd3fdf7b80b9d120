"""The page of preferences: wishes, pauses, and liked papers, added, taken back and forgotten. GET looks."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from digest.domain.subscriber import Refused, Status, Subscriber, pause_days
from digest.links import Purpose
from digest.resources import day_words
from digest.service import Service, SourceError
from digest.web.forms import PAUSES, Mistakes, fields_of, read_pause, read_wishes, sent_papers, sentence
from digest.web.guards import MOST_PAPERS_BYTES
from digest.web.pages import page, service_of
from digest.web.reader import ENOUGH_LIKES, Form, due_words

REACTIONS_SHOWN = 50
"""How many papers the page lists; all of them are counted."""
FAULTS_SHOWN = 10
"""How many of the entries that could not be read are named."""
NOTHING_SENT = "Type ids or addresses, or choose a file."

router = APIRouter(default_response_class=HTMLResponse)
looks = partial(router.api_route, methods=["GET", "HEAD"], response_model=None)
acts = partial(router.api_route, methods=["POST"], response_model=None)


async def papers_sent(request: Request, token: str) -> tuple[str, bytes]:
    """Read what was sent of papers, of a reader only: a body this large is taken from nobody else."""
    service_of(request).links.read(Purpose.PREFERENCES, token)
    return await sent_papers(request)


@looks("/p/{token}")
def preferences(request: Request, token: str) -> Response:
    """Show the present wishes in a form, and the papers liked and disliked."""
    return preferences_page(request, token, service_of(request).reader(Purpose.PREFERENCES, token))


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
        return preferences_page(request, token, subscriber, typed=typed, wrong=error.by_field)
    except Refused as error:
        return preferences_page(request, token, subscriber, typed=typed, wrong={"form": sentence(error)})
    return preferences_page(request, token, kept, is_kept=True)


@acts("/p/{token}/papers")
def like_papers(request: Request, token: str, sent: Annotated[tuple[str, bytes], Depends(papers_sent)]) -> Response:
    """Like the papers that were sent, and show which were added and what could not be read."""
    service = service_of(request)
    subscriber = service.reader(Purpose.PREFERENCES, token)
    typed, file = sent
    bodies = {name: body for name, body in (("papers", typed.encode()), ("file", file)) if body.strip()}
    reports, wrong = [], {} if bodies else {"papers": NOTHING_SENT}
    for name, body in bodies.items():
        try:
            reports.append(service.like_papers(token, body))
        except (SourceError, Refused) as error:
            wrong[name] = sentence(error)
    unread = typed if "papers" in wrong else ""
    return preferences_page(request, token, subscriber, wrong=wrong, reports=reports, unread=unread)


@acts("/p/{token}/forget")
def forget(request: Request, token: str) -> Response:
    """Forget all that a reader liked and disliked, at once."""
    service = service_of(request)
    count = service.forget_reactions(token)
    return preferences_page(request, token, service.reader(Purpose.PREFERENCES, token), forgotten=count)


@acts("/p/{token}/pause")
def pause(request: Request, token: str, form: Form) -> Response:
    """Send no issues for some weeks, until a day, or until the reader comes back."""
    service = service_of(request)
    subscriber = service.reader(Purpose.PREFERENCES, token)
    try:
        until = read_pause(form, subscriber.wishes.cadence.day_of(service.now()))
        paused = service.pause_by_link(token, until)
    except (Mistakes, Refused) as error:
        wrong = {"until" if subscriber.has_joined else "form": sentence(error)}
        return preferences_page(request, token, subscriber, wrong=wrong, until=form.get("until", ""))
    return preferences_page(request, token, paused)


@acts("/p/{token}/resume")
def resume(request: Request, token: str) -> Response:
    """Send issues again."""
    service = service_of(request)
    try:
        return preferences_page(request, token, service.resume_by_link(token), is_back=True)
    except Refused as error:
        subscriber = service.reader(Purpose.PREFERENCES, token)
        return preferences_page(request, token, subscriber, wrong={"form": sentence(error)})


def preferences_page(
    request: Request,
    token: str,
    subscriber: Subscriber,
    *,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    **happened: Any,
) -> Response:
    """Make the page; `happened` is what a button of it did."""
    service = service_of(request)
    reactions = service.reactions(token)
    usual: dict[str, Any] = {"is_kept": False, "reports": (), "forgotten": None, "unread": ""}
    usual |= {"is_back": False, "until": ""}
    return page(
        request,
        "preferences",
        status=422 if wrong else 200,
        subscriber=subscriber,
        typed=typed or fields_of(subscriber.wishes),
        wrong=wrong or {},
        has_left=subscriber.status is Status.UNSUBSCRIBED,
        is_paused=subscriber.status is Status.PAUSED,
        resumes=day_words(subscriber.resumes_on) if subscriber.resumes_on else "",
        pause_days=pause_days(subscriber.wishes.cadence, service.now()),
        pauses=PAUSES,
        own_path=path_of(service, token, Purpose.PREFERENCES),
        leave_path=path_of(service, token, Purpose.LEAVE),
        feedback_path=path_of(service, token, Purpose.FEEDBACK),
        next_due=due_words(subscriber),
        beside=service.beside(subscriber.wishes.topics),
        unknown=service.unknown(subscriber.wishes.topics),
        reactions=reactions[:REACTIONS_SHOWN],
        likes=sum(reaction.liked for reaction, _ in reactions),
        dislikes=sum(not reaction.liked for reaction, _ in reactions),
        faults_shown=FAULTS_SHOWN,
        enough=ENOUGH_LIKES,
        most_megabytes=MOST_PAPERS_BYTES // 1_000_000,
        **usual | happened,
    )


def path_of(service: Service, token: str, purpose: Purpose) -> str:
    """Give the path for another purpose of the delivery that a token of preferences was made for."""
    return urlsplit(service.links.link(purpose, service.links.read(Purpose.PREFERENCES, token))).path
