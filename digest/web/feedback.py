"""More or less like this: where the links of a mail's cards lead. GET looks and offers buttons; POST acts."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, Response

from digest.domain.subscriber import Refused
from digest.web.pages import error_page, page, service_of
from digest.web.reader import ENOUGH_LIKES, Form

MEANT = {"more": True, "less": False, "neither": None}
"""What the buttons say."""
MOST = 2**31 - 1
UNKNOWN = "This paper is not known here; perhaps the address was cut short. Open it again from the mail."

Number = Annotated[int, Path()]
Wish = Literal["more", "less"]

router = APIRouter(default_response_class=HTMLResponse)
looks = partial(router.api_route, methods=["GET", "HEAD"], response_model=None)
acts = partial(router.api_route, methods=["POST"], response_model=None)


@looks("/f/{token}/{paper_id}/{wish}")
def asking(request: Request, token: str, paper_id: Number, wish: Wish) -> Response:
    """Name the paper, say what was said of it before, and offer the buttons."""
    service = service_of(request)
    try:
        paper, liked = service.said_of(token, _number(paper_id))
    except LookupError as error:
        raise HTTPException(404, UNKNOWN) from error
    return page(request, "feedback", paper=paper, liked=liked, wish=wish)


@acts("/f/{token}/{paper_id}/{wish}")
def react(request: Request, token: str, paper_id: Number, wish: Wish, form: Form) -> Response:
    """Keep what the pressed button says, or the link where no button is named; show what it changed."""
    service, said = service_of(request), form.get("wish", wish)
    if said not in MEANT:
        raise HTTPException(422)
    try:
        paper, before = service.said_of(token, _number(paper_id))
        moved = service.react(token, _number(paper_id), MEANT[said])
    except LookupError as error:
        raise HTTPException(404, UNKNOWN) from error
    except Refused as error:
        return error_page(request, 422, str(error))
    return page(
        request,
        "moved",
        moved=moved,
        said=said,
        gained=[term for term, _ in moved.gained],
        lost=[term for term, _ in moved.lost],
        was_said=before is MEANT[said],
        has_text=bool(paper.title or paper.abstract),
        enough=ENOUGH_LIKES,
    )


def _number(paper_id: int) -> int:
    if not 1 <= paper_id <= MOST:
        raise LookupError(paper_id)
    return paper_id
