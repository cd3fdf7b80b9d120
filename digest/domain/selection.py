"""Which papers each reader gets, and why: the steps of weighing, picking and giving reasons, for a shard at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from digest.domain.cadence import Frequency
from digest.domain.choice import Choice
from digest.domain.diversity import Places, Pool, pick
from digest.domain.edition import Desk
from digest.domain.interests import LESS
from digest.domain.issue import Entry, Reason, why_of
from digest.domain.profile import TopicKind
from digest.domain.reader import Reader
from digest.domain.reasons import Reasons, reasons_of
from digest.domain.text import counted
from digest.domain.weighing import Weighed, limits_of, pool_of, weigh, worth

BLOCK = 1_500_000
"""Cells of the product of interests and papers that are held at once."""
MISSED = 3
"""How many papers are named that came next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What was picked for a block of readers, as arrays; `pairs` of them in all.

    Attributes
    ----------
    reader, position : int arrays of shape (n_pairs,), a reader's papers next to each other, best score first
    row : int array of shape (n_pairs,), the interest each is nearest to, -1 where it is near to none
    reasons : what the nearness of each is the sum of
    pool : what was picked from
    """

    reader: Places
    position: Places
    row: Places
    reasons: Reasons
    pool: Pool


def choose(desk: Desk, readers: Sequence[Reader]) -> list[Choice]:
    """Choose the entries of each reader's issue.

    Returns
    -------
    One Choice a reader, in the same order.
    """
    chosen: list[Choice] = []
    for block in blocks(desk, readers):
        weighed = weigh(desk, block)
        picked = pick_all(desk, block, weighed)
        chosen += _choices(desk, block, weighed, picked)
    return chosen


def blocks(desk: Desk, readers: Sequence[Reader]) -> Iterator[Sequence[Reader]]:
    """Cut readers into blocks whose products with the papers stay small."""
    most = max(BLOCK // max(len(desk.edition.candidates), 1), 1)
    first, rows = 0, 0
    for at, one in enumerate(readers):
        rows += one.interests.rows.shape[0]
        if rows > most and at > first:
            yield readers[first:at]
            first, rows = at, one.interests.rows.shape[0]
    if first < len(readers):
        yield readers[first:]


def pick_all(desk: Desk, readers: Sequence[Reader], weighed: Weighed) -> Picked:
    """Pick the papers of a block of readers, and split their relevance into terms."""
    pool, limits = pool_of(weighed), limits_of(readers, weighed, desk.edition.clusters)
    alike = desk.alike if limits.breadth.any() else np.zeros((0, 0), np.float32)
    columns = pick(pool, limits, clusters=desk.edition.clusters, minutes=desk.minutes, alike=alike)
    reader, slot = np.nonzero(columns >= 0)
    column = columns[reader, slot]
    order = np.lexsort((column, reader))  # The pool is best first, so its columns are the order of the scores.
    reader, column = reader[order], column[order]
    position, topic = pool.positions[reader, column], pool.topic[reader, column]
    row = np.where(topic > 0, weighed.starts[reader] + topic - 1, -1)
    reasons = _reasons(desk, readers, weighed, (reader, position, row))
    return Picked(reader=reader, position=position, row=row, reasons=reasons, pool=pool)


def _reasons(desk: Desk, readers: Sequence[Reader], weighed: Weighed, pairs: tuple[Places, Places, Places]) -> Reasons:
    reader, position, row = pairs
    near = weighed.rows[np.maximum(row, 0)]
    if (row < 0).any():
        near.data[np.repeat(row < 0, np.diff(near.indptr))] = 0
    if weighed.less.any():
        less = sparse.csr_array(sparse.vstack([one.interests.less for one in readers], format="csr"))[reader]
        less.data[np.repeat(weighed.less[reader, position] == 0, np.diff(less.indptr))] = 0
        near = sparse.csr_array(near - less)
    return reasons_of(near, desk.vectors[position])


def _choices(desk: Desk, readers: Sequence[Reader], weighed: Weighed, picked: Picked) -> list[Choice]:
    ends = np.searchsorted(picked.reader, np.arange(len(readers) + 1))
    choices = []
    for number, one in enumerate(readers):
        pairs = range(int(ends[number]), int(ends[number + 1]))
        entries = [_entry(desk, one, weighed, picked, pair, rank=rank) for rank, pair in enumerate(pairs, 1)]
        note, missed = _note(desk, one, weighed.score[number], entries), _missed(desk, one, picked, pairs, number)
        choices.append(Choice(entries=entries, note=note, missed=missed))
    return choices


def _missed(desk: Desk, reader: Reader, picked: Picked, pairs: range, number: int) -> tuple[tuple[str, str], ...]:
    """Name what came next in the pool, of each work one paper: for who has wishes, of what is near to them."""
    clusters, pool = desk.edition.clusters, picked.pool
    came_near = (pool.topic[number] > 0) | (not reader.has_wishes)
    works = set(clusters[picked.position[pairs.start : pairs.stop]].tolist())
    found: list[tuple[str, str]] = []
    for position in pool.positions[number][came_near & (pool.score[number] > 0)].tolist():
        paper, work = desk.papers[desk.edition.candidates[position].paper_id], int(clusters[position])
        if work not in works and paper.abstract_url:
            works.add(work)
            found.append((paper.title, paper.abstract_url))
            if len(found) == MISSED:
                break
    return tuple(found)


def _note(desk: Desk, reader: Reader, score: NDArray[np.float32], entries: Sequence[Entry]) -> str:
    """Say why an issue is short, where the bar made it so, or the minutes left nothing in it, or how it misses."""
    wishes = reader.wishes
    clears = np.isfinite(score) & (score >= wishes.bar)
    works = len(set(desk.edition.clusters[clears].tolist()))
    is_beside = bool(entries) and reader.has_wishes and not any(entry.is_near for entry in entries)
    span = "this week" if wishes.cadence.frequency is Frequency.WEEKLY else "today"
    if works < wishes.length and (np.isfinite(score) & ~clears).any() and wishes.bar:
        said = f"Only {counted(works, 'paper')}" if works else "No paper"
        return f"{said} cleared your bar {span}{', and none is near your topics' if is_beside and works else ''}."
    if not entries and clears.any():
        return f"No paper {span} fits into {counted(wishes.minutes, 'minute')} of reading."
    return f"Nothing near your topics {span}: these gather most attention." if is_beside else ""


def _entry(desk: Desk, reader: Reader, weighed: Weighed, picked: Picked, pair: int, *, rank: int) -> Entry:
    number, position = int(picked.reader[pair]), int(picked.position[pair])
    candidate = desk.edition.candidates[position]
    unit = float(weighed.scale[number])
    at = int(picked.row[pair] - weighed.starts[number]) if picked.row[pair] >= 0 else -1
    reason = _reason(desk, reader, picked, pair, at=at, unit=unit)
    return Entry(
        rank=rank,
        paper_id=candidate.paper_id,
        paper_key=candidate.paper_key,
        title=desk.papers[candidate.paper_id].title,
        card=candidate.card,
        from_relevance=sum(share for _, share in reason.terms + reason.against) + reason.rest,
        from_trend=float(weighed.weight[number]) * candidate.trend.value,
        topic=reason.topic,
        terms=reason.terms,
        against=reason.against,
        rest=reason.rest,
        followed=reason.followed,
        similar=_similar(desk, weighed.score[number], position),
        evidence=candidate.trend.evidence,
        why=why_of(reason, has_topics=reader.has_wishes, has_votes=candidate.trend.has_votes),
    )


def _reason(desk: Desk, reader: Reader, picked: Picked, pair: int, *, at: int, unit: float) -> Reason:
    position = int(picked.position[pair])
    shares, against = picked.reasons.of(pair, desk.vectoriser.terms_)
    rest = float(picked.reasons.rest[pair])
    topic = reader.followed[at] if 0 <= at < len(reader.followed) else None
    terms = [term for term, _ in shares]
    own = terms if topic else []
    if topic and reader.interests.has_liked(at):
        own = [term for term in terms if term in desk.words_of(topic)]
    liked = [term for term in terms if term not in own and desk.background.is_telling(term, desk.vectoriser)]
    if topic and topic.kind is not TopicKind.PHRASE:
        shares = ((topic.words, worth(topic)), *shares)
    rules = [one for one in reader.unwanted if one.kind is not TopicKind.PHRASE and position in desk.members(one)]
    unwanted = [(one.words, -LESS * worth(one)) for one in rules]
    spoke = {term for term, _ in against}
    phrases = [one for one in reader.unwanted if one.kind is TopicKind.PHRASE and spoke & desk.words_of(one)]
    return Reason(
        topic=topic.words if topic and not topic.is_rule else "",
        is_category=bool(topic and topic.kind is TopicKind.CATEGORY),
        is_liked=at == len(reader.followed),
        followed="; ".join(_followed(desk, reader, position)),
        terms=tuple((term, unit * share) for term, share in shares),
        against=tuple((term, unit * share) for term, share in (*unwanted, *against)),
        rest=unit * rest,
        own=tuple(own),
        liked=tuple(liked),
        less=tuple(one.words for one in [*rules, *phrases]),
    )


def _followed(desk: Desk, reader: Reader, position: int) -> Iterator[str]:
    for topic in reader.followed:
        if topic.is_rule and position in desk.members(topic):
            is_author = topic.kind is TopicKind.AUTHOR
            yield f"By {topic.words}, whom you follow" if is_author else f"From {topic.words}, which you follow"


def _similar(desk: Desk, score: NDArray[np.float32], position: int) -> tuple[str, ...]:
    """Give the titles of what is nearly the same as a paper and could have stood in its place."""
    others = desk.works.get(int(desk.edition.clusters[position]), ())
    near = [desk.edition.candidates[one].paper_id for one in others if one != position and np.isfinite(score[one])]
    return tuple(desk.papers[number].title for number in near)
