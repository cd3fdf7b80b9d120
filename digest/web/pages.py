"""A page is a template filled in for a request. What every endpoint asks of its request is here too; no route is."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from digest.domain.cadence import zone_names
from digest.domain.profile import MOST_TOPICS
from digest.domain.subscriber import LENGTHS, MINUTES
from digest.domain.wished import RHYTHMS
from digest.resources import templates
from digest.service import Service
from digest.web.guards import TOO_MUCH, headers_for

SAID = {
    400: ("That could not be read", "The form did not arrive whole; nothing was done. Please go back and try again."),
    401: ("Who is there?", "This page asks for a password."),
    403: ("Not from here", "This request came from another site, so nothing was done."),
    404: ("Nothing is here", "The address is mistyped, or what was here has gone."),
    405: ("That is not possible here", "This address does not answer such a request."),
    413: ("That was too much", TOO_MUCH),
    422: (
        "That could not be read",
        "The address or the form holds something that is not understood; nothing was done.",
    ),
    429: ("Please wait a little", "There were too many tries from your network."),
    500: ("Something went wrong", "It is our fault, not yours, and it has been noted. Please try again later."),
}
"""Title and sentence of a page that stands in for another."""
UNREAD = (400, 413, 422)
"""A form that was sent and not taken: from its page it can be sent again."""
FORMS = re.compile(r"/(?:[cpu]/[\w.-]+|f/[\w.-]+/[0-9]+/(?:more|less))", re.ASCII)
"""How the paths begin under which a page with a form stands."""
FIRST = {"/subscribe", "/try"}
"""Where the form of the first page is sent to."""


def form_of(path: str) -> str:
    """Give the path of the page whose form is sent to a path, or an empty text.

    >>> form_of("/p/1.x/papers"), form_of("/subscribe"), form_of("//example.org")
    ('/p/1.x', '/#sign-up', '')
    """
    found = FORMS.match(path)
    return found[0] if found else "/#sign-up" if path in FIRST else ""


def service_of(request: Request) -> Service:
    """Give the service that this request asks something of."""
    service: Service = request.app.state.service
    return service


def base_of(service: Service) -> str:
    """Give the path under which readers reach the pages: empty, unless a proxy serves them from a folder."""
    return urlsplit(service.settings.public_url).path


def page(
    request: Request, name: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
) -> HTMLResponse:
    """Fill in a template of `templates/web`; every template knows the settings and what the fields may hold."""
    service = service_of(request)
    known = {"settings": service.settings, "base": base_of(service)}
    known |= {"zones": zone_names(), "lengths": LENGTHS, "most_topics": MOST_TOPICS}
    known |= {"most_minutes": MINUTES[-1], "rhythms": RHYTHMS}
    html = templates().get_template(f"web/{name}.html").render(**known | values)
    return HTMLResponse(html, status, headers)


def style_sheet() -> Response:
    """Give the style of the pages: the colours and typefaces of the mail."""
    style = templates().get_template("web/site.css").render()
    return Response(style, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


def error_page(request: Request, status: int, said: str = "", headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """Make the page for what cannot be answered; `said` is put in the place of the usual sentence."""
    title, sentence = SAID.get(status, (HTTPStatus(status).phrase, "This cannot be answered."))
    back = form_of(request.url.path) if request.method == "POST" and status in UNREAD else ""
    return page(request, "error", status=status, headers=headers, title=title, sentence=said or sentence, back=back)


def refused_page(request: Request, error: Exception) -> Response:
    """Make the page for an `HTTPException`, with its own sentence if it brings one."""
    assert isinstance(error, HTTPException)
    said = "" if error.detail == HTTPStatus(error.status_code).phrase else error.detail
    return error_page(request, error.status_code, said, error.headers)


def bad_link_page(request: Request, error: Exception) -> Response:
    """Make the page for a link that does not verify."""
    return page(request, "error", status=400, title="This link does not work", sentence=str(error), back="")


def unreadable_page(request: Request, _: Exception) -> Response:
    """Make the page for a number that is none, in the address or in the query."""
    return error_page(request, 422)


def broken_page(request: Request, _: Exception) -> Response:
    """Make the page for a fault of ours; the server logs the trace, the page shows none.

    It is made outside of every middleware, so it brings its headers itself.
    """
    return error_page(request, 500, headers=headers_for(request.url.path))
