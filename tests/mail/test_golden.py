"""Every kind of mail, byte for byte as it was looked at: what changes a mail shows as a change of these files.

To write them anew: `DIGEST_GOLDEN=write pytest tests/mail/test_golden.py`. Then look at what changed before keeping it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from digest.domain.alarm import Alarm
from digest.domain.delivery import Kind
from digest.domain.issue import Entry, Issue, Reason, why_of
from digest.domain.message import KINDS
from digest.domain.profile import Stance, read_topics
from digest.domain.rising import Rising
from digest.domain.score import TrendScore
from digest.domain.subscriber import Wishes, wishes_to_json
from digest.links import Links
from digest.mail.cards import CardFacts
from digest.mail.compiling import compile_issue
from digest.mail.mime import Letter, message_of
from digest.mail.notices import letter_for_alarm, letter_for_notice
from digest.mail.renderer import letter_for_issue
from tests.builders import DAY, NOW, masthead, paper
from tests.cast import address_of, wishes_of

FOLDER = Path(__file__).parents[1] / "golden" / "mails"
HOW = "If the mail should be so, write the file anew: DIGEST_GOLDEN=write pytest tests/mail/test_golden.py"
DIFFERENCES_SHOWN = 30
NUMBER = 12_345
LINKS = Links("https://digest.example.org", {1: "k" * 64})
MASTHEAD = masthead(postal_address="1 Lab Way, Example Town")
SOON = NOW + timedelta(hours=21)
MISSED = (("A third way to name a paper", "https://arxiv.org/abs/2603.00011"),)


def told(number: int, **facts: Any) -> CardFacts:
    """Give a paper as a card tells it; the first has votes, the second none yet."""
    trend = {
        1: TrendScore(
            value=0.96, percentile=0.96, rank=3, among=83, field="cs.RO", has_votes=True, strength=6.4, low=31, high=90,
            evidence=("24 upvotes in 26 h, usual 6", "3 comments"),
        ),
    }.get(number, TrendScore(value=0.4, percentile=0.4, has_votes=False, evidence=("no votes known yet",)))  # fmt: skip
    counts = ((8.0, 5), (17.0, 12), (26.0, 24)) if number == 1 else ()
    return CardFacts(paper=paper(number, **facts), listed_on=DAY, trend=trend, counts=counts)


SHOWN = [
    told(
        1,
        title="Arms That Ask: Robots & People at One Table",
        abstract="We let a robot ask when it is not sure. It asks seldom, and it is right more often. "
        "The table holds 40 things, of which it had seen 12; people corrected it 3 times in 100.",
        authors=("Ann Lee", "Bo Ek", "Chidi Ọla", "Dora Ruiz", "Émile Roux", "Fu Ling"),
        categories=("cs.RO",),
        organisation="Example Lab",
        code_url="https://example.org/arms?a=1&b=2",
    ),
    told(2, title="論文の名づけ方について", abstract="短い要旨。", authors=("山田 花子",), categories=("cs.CL",)),
    told(3, title="On <i>“x < y”</i>, and why μ₀ ≠ 0", authors=()),
]
FOLLOWED = "By Ann Lee, whom you follow"
SIMILAR = ("Arms That Ask, Again",)


def entry(rank: int, card: CardFacts) -> Entry:
    """Give the entry of a paper; the first is near a topic and by somebody who is followed."""
    is_near = rank == 1
    terms = (("robot", 0.31), ("manipulation", 0.2)) if is_near else ()
    topic, own = ("robot manipulation", ("robot", "manipulation")) if is_near else ("", ())
    reason = Reason(topic=topic, terms=terms, own=own)
    return Entry(
        rank=rank,
        paper_id=rank,
        paper_key=card.paper.key,
        title=card.paper.title,
        card=card.paper.key,
        from_relevance=0.51 if is_near else 0.0,
        from_trend=card.trend.value * 0.3,
        topic=topic,
        terms=terms,
        evidence=card.trend.evidence,
        why=why_of(reason, has_topics=True, has_votes=card.trend.has_votes),
        followed=FOLLOWED if is_near else "",
        similar=SIMILAR if is_near else (),
    )


ISSUE = Issue(
    id=3,
    subscriber_id=2,
    edition_id=1,
    period="2026-03-17",
    created_at=NOW,
    address=address_of("ada"),
    zone="Europe/Berlin",
    key_id=1,
    entries=tuple(entry(rank, card) for rank, card in enumerate(SHOWN, 1)),
    missed=MISSED,
)
AWAY = "The best of the 14 days since 3 March."
ISSUES = {
    "issue": ISSUE,
    "weekly": replace(ISSUE, period="2026-W12", note="Only 3 papers cleared your bar this week."),
    "catchup": replace(ISSUE, since=date(2026, 3, 3), note=AWAY),
}
WISHES = wishes_to_json(wishes_of("dara"))
SHUNNED = read_topics(["video"], stance=Stance.NEVER)
BEFORE = wishes_to_json(Wishes(topics=read_topics(["benchmark evaluation"]) + SHUNNED, length=5, quiet_days=True))
FACTS: Mapping[Kind, Mapping[str, Any]] = {
    Kind.CONFIRMATION: {"confirmation": 7},
    Kind.WELCOME: {"wishes": WISHES, "next_at": SOON.isoformat()},
    Kind.CHANGED: {"before": BEFORE, "after": WISHES},
    Kind.GOODBYE: {},
    Kind.UNREACHABLE: {
        "failed": [["2026-03-15", 11, "452 4.2.2 The mailbox is full"], ["2026-03-16", 12, "451 Later"]]
    },
    Kind.QUIET: {
        "day": "2026-03-17",
        "note": "No paper cleared your bar today.",
        "missed": MISSED,
        "next_at": SOON.isoformat(),
        "zone": "Europe/Berlin",
        "rests_on": "arXiv listed 61 papers, 61 were read.",
    },
}


def issue_letter(issue: Issue) -> Letter:
    """Join an issue of cards that were compiled for it."""
    rising = [Rising(term="asking robots", factor=4.2, count=9, papers=(), span="week")]
    said = {"rests_on": "arXiv listed 61 papers, 61 were read.", "receipt": "Chosen from 61 papers."}
    frames, cards = compile_issue(MASTHEAD, SHOWN, rising=rising, **said)
    held = dict(zip([card.paper.key for card in SHOWN], cards, strict=True))
    return letter_for_issue(issue, NUMBER, frames, held, LINKS)


def letter_of(kind: str) -> Letter:
    """Make the mail of a kind."""
    if kind in ISSUES:
        return issue_letter(ISSUES[kind])
    if kind == "alarm":
        words = "arXiv cs on 2026-03-17: stale: the batch of 16 March was served again"
        return letter_for_alarm(Alarm(name="arxiv", words=words, since=NOW), "operator@example.org", MASTHEAD, NOW)
    facts = {"recipient": address_of("dara"), "key_id": 1, "date": NOW.isoformat(), **FACTS[Kind(kind)]}
    return letter_for_notice(Kind(kind), NUMBER, facts, MASTHEAD, LINKS)


def files_of(kind: str) -> Iterator[tuple[str, bytes]]:
    """Give the files of a kind: both parts, and of the issue the whole message."""
    letter = letter_of(kind)
    yield f"{kind}.txt", letter.text.encode()
    yield f"{kind}.html", letter.html.encode()
    if kind == "issue":
        yield f"{kind}.eml", message_of(letter).body


def difference(name: str, held: bytes, made: bytes) -> str:
    """Say where a mail is not what its file says, and how to write it anew."""
    before, after = (text.decode().splitlines() for text in (held, made))
    lines = list(unified_diff(before, after, f"golden/mails/{name}", "made now", lineterm="", n=1))
    return "\n".join([f"{name} is not what its golden file says. {HOW}", *lines[:DIFFERENCES_SHOWN]])


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_is_byte_for_byte_its_golden_file(kind: str) -> None:
    for name, made in files_of(kind):
        path = FOLDER / name
        if os.environ.get("DIGEST_GOLDEN") == "write":
            path.write_bytes(made)
        held = path.read_bytes() if path.exists() else b""
        if held != made:
            pytest.fail(difference(name, held, made), pytrace=False)


def test_every_golden_file_is_of_a_kind_that_there_is() -> None:
    wanted = {f"{kind}.{ending}" for kind in KINDS for ending in ("txt", "html")} | {"issue.eml"}
    assert {path.name for path in FOLDER.iterdir() if not path.name.startswith(".")} == wanted
