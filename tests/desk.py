"""An edition laid out for tests, readers before it, and the plain way to choose, which the fast one must equal."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from digest.domain.background import Background, learnt_from
from digest.domain.cadence import Frequency
from digest.domain.diversity import SPREAD, TOPIC_CAP
from digest.domain.edition import DAILY_WINDOW, WINDOW, Candidate, Desk, Edition, names
from digest.domain.interests import LESS, interests_of
from digest.domain.paper import Paper
from digest.domain.profile import Reaction, Stance, TopicKind
from digest.domain.reader import Reader
from digest.domain.relevance import clusters_of, terms_of_paper
from digest.domain.score import TrendScore
from digest.domain.subscriber import LENGTHS, Wishes
from digest.domain.weighing import BEST, IN_CATEGORY, NAMED, NEAR
from tests.builders import DAY, NOW

Chosen = list[tuple[int, float, list[tuple[str, float]]]]
"""Position, score and the five weightiest terms of each paper of an issue."""


def desk_of(papers: Sequence[Paper], days_ago: Sequence[int] | None = None, *, enough: int = 1_000) -> Desk:
    """Lay out an edition of papers, whose trend falls from the first to the last; row numbers count from 1."""
    texts = [terms_of_paper(one) for one in papers]
    vectoriser, background = learnt_from(texts)
    vectors, ago = background.vectors, days_ago or [0] * len(papers)
    background = Background(vectors, enough=enough)
    clusters = clusters_of(vectors, 0.8)
    candidates = tuple(
        Candidate(
            paper_id=i + 1,
            paper_key=one.key,
            listed_on=DAY - timedelta(days=ago[i]),
            trend=TrendScore(value=2.0 ** (-ago[i] / 2) * max(1 - i / 200, 0.01), evidence=()),
            cluster=int(clusters[i]),
            card=f"card{i}",
        )
        for i, one in enumerate(papers)
    )
    edition = Edition(
        id=1, day=DAY, revision=1, created_at=NOW, candidates=candidates, vectors=vectors, vectoriser=1, frames={}
    )
    return Desk(edition=edition, papers=dict(enumerate(papers, 1)), vectoriser=vectoriser, background=background)


def reader_of(
    desk: Desk,
    wishes: Wishes,
    *,
    seen: set[int] | None = None,
    liked: Sequence[Paper] = (),
    disliked: Sequence[Paper] = (),
    at: datetime = NOW,
) -> Reader:
    """Put a reader before a desk."""
    papers = dict(enumerate([*liked, *disliked], 1_000))
    said = [Reaction(paper_id=number, liked=number < 1_000 + len(liked), at=at) for number in papers]
    interests = interests_of(wishes.topics, said, papers, desk.vectoriser, desk.background)
    return Reader(wishes=wishes, interests=interests, seen=seen or set())


def plainly_chosen(desk: Desk, reader: Reader) -> Chosen:
    """Choose for one reader the plain way: every paper by itself, in double precision, a loop for each step."""
    wishes, edition = reader.wishes, desk.edition
    papers = [desk.papers[one.paper_id] for one in edition.candidates]
    rows, vectors = reader.interests.rows.toarray().astype(float), _dense(desk)
    followed = reader.followed
    scores, nearest, first = [], [], []
    has_wishes = bool(rows[:-1].any()) or any(one.kind is not TopicKind.PHRASE for one in followed)
    weight = float(np.float32(wishes.trend_weight)) if has_wishes else 1.0
    products = rows @ vectors.T
    for at, paper in enumerate(papers):
        near = products[:-1, at].tolist()
        for number, topic in enumerate(followed):
            if topic.kind is not TopicKind.PHRASE and names(topic, paper):
                near[number] = IN_CATEGORY if topic.kind is TopicKind.CATEGORY else NAMED
        best = int(np.argmax(near))
        nearest.append(best if near[best] > NEAR else -1)
        less = float(products[-1, at]) if products[-1, at] > LESS * NEAR else 0.0
        for topic in wishes.topics:
            if topic.stance is Stance.LESS and topic.kind is not TopicKind.PHRASE and names(topic, paper):
                less += LESS * (IN_CATEGORY if topic.kind is TopicKind.CATEGORY else NAMED)
        relevance = (near[best] if near[best] > NEAR else 0) - less
        scores.append(
            (1 - float(np.float32(wishes.trend_weight))) * relevance + weight * edition.candidates[at].trend.value
        )
        first.append(any(topic.is_rule and names(topic, paper) for topic in followed))
    barred = _barred(desk, reader, papers)
    order = sorted(set(range(len(papers))) - barred, key=lambda at: (not first[at], -round(scores[at], 5), at))
    picked = _picked(desk, reader, order[:BEST], scores, nearest, first, barred)
    chosen = sorted(picked, key=order.index)
    unwanted = products[-1] > LESS * NEAR
    return [(at, scores[at], _terms(desk, reader, at, nearest[at], is_less=bool(unwanted[at]))) for at in chosen]


@lru_cache(maxsize=1)
def _dense(desk: Desk) -> NDArray[np.float64]:
    dense: NDArray[np.float64] = desk.vectors.toarray().astype(float)
    return dense


@lru_cache(maxsize=1)
def _alike(desk: Desk) -> list[list[float]]:
    own = _dense(desk)[:, :-1]
    return [[float(value) for value in row] for row in own @ own.T]


def _barred(desk: Desk, reader: Reader, papers: Sequence[Paper]) -> set[int]:
    wishes, edition = reader.wishes, desk.edition
    window = WINDOW if wishes.cadence.frequency is Frequency.WEEKLY else DAILY_WINDOW
    sent = {int(edition.clusters[at]) for at, one in enumerate(edition.candidates) if one.paper_id in reader.seen}
    return {
        at
        for at, (one, paper) in enumerate(zip(edition.candidates, papers, strict=True))
        if edition.day - one.listed_on >= window
        or int(edition.clusters[at]) in sent
        or any(topic.stance is Stance.NEVER and names(topic, paper) for topic in wishes.topics)
    }


def _picked(
    desk: Desk,
    reader: Reader,
    pool: list[int],
    scores: list[float],
    nearest: list[int],
    first: list[bool],
    barred: set[int],
) -> list[int]:
    wishes, picked, left = reader.wishes, list[int](), reader.wishes.minutes or np.inf
    works = {int(desk.edition.clusters[at]) for at in range(len(scores)) if first[at] and at not in barred}
    longest = max(wishes.length, min(len(works), LENGTHS[-1]))
    alike = _alike(desk)
    while len(picked) < longest:
        taken = Counter(nearest[at] for at in picked if nearest[at] >= 0)
        full = {topic for topic, count in taken.items() if count >= np.ceil(TOPIC_CAP * wishes.length)}
        groups = {int(desk.edition.clusters[at]) for at in picked}
        best, highest = -1, -np.inf
        for at in pool:
            is_over = wishes.bar > 0 and scores[at] < wishes.bar - 1e-7 and not first[at]
            is_out = (desk.minutes[at] > left or len(picked) >= wishes.length) and not first[at]
            if is_over or is_out or int(desk.edition.clusters[at]) in groups:
                continue
            likeness = sum(alike[at][other] for other in picked)
            value = scores[at] - SPREAD * wishes.breadth * likeness + 100 * first[at]
            value -= 10 * (nearest[at] in full or (nearest[at] < 0 and bool(full)))
            if value > highest + 1e-9:
                best, highest = at, value
        if best < 0:
            return picked
        picked.append(best)
        left -= float(desk.minutes[best])
    return picked


def _terms(desk: Desk, reader: Reader, at: int, near: int, *, is_less: bool) -> list[tuple[str, float]]:
    row = reader.interests.rows[[near]].toarray().ravel() if near >= 0 else np.zeros(desk.vectors.shape[1], np.float32)
    product = (row - is_less * reader.interests.less.toarray().ravel()) * desk.vectors[[at]].toarray().ravel()
    positive = [int(column) for column in np.flatnonzero(product > 0) if column < len(desk.vectoriser.terms_)]
    best = sorted(positive, key=lambda column: (-product[column], column))
    return [(desk.vectoriser.terms_[column], float(product[column])) for column in best[:5]]
