"""The public pages of trend: the newest edition as a list with its reasons, and one paper explained. GET looks."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response

from digest.domain import explanation
from digest.plot import lines
from digest.web.admin import leaf_of
from digest.web.pages import page, service_of

ROWS = 50
"""How many papers a page of the list shows."""
KEPT = {"Cache-Control": "public, max-age=300"}
"""The same for everybody, so that a server in between may answer; an edition changes every three hours at most."""
UNKNOWN = "No paper is known here by this name: name it by arXiv id or DOI, or wait until a source lists it."

router = APIRouter(default_response_class=HTMLResponse)
looks = partial(router.api_route, methods=["GET", "HEAD"], response_model=None)


@looks("/trend")
def trending(request: Request, number: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1) -> Response:
    """List the papers of the newest edition, most trending first."""
    ranking = service_of(request).ranking(most=ROWS * number)
    leaf = leaf_of(ranking.edition.candidates if ranking else (), number, size=ROWS)
    return page(request, "trend", headers=KEPT, ranking=ranking, leaf=leaf, rising=_rising(ranking), words=explanation)


@looks("/trend/{key:path}")
def paper(request: Request, key: str) -> Response:
    """Explain the trend of one paper."""
    explained = service_of(request).explanation(key)
    if explained is None:
        raise HTTPException(404, UNKNOWN)
    return page(
        request, "trend_paper", headers=KEPT, explained=explained, drawn=lines(explained.series), words=explanation
    )


def _rising(ranking: explanation.Ranking | None) -> list[dict[str, object]]:
    """Give the rising terms as the template shows them, their papers by title and address."""
    if ranking is None:
        return []
    titles = ranking.titles
    return [
        {
            "term": one.term,
            "factor": one.times,
            "span": one.span,
            "papers": [titles[key] for key in one.papers if key in titles],
        }
        for one in ranking.edition.rising
    ]
