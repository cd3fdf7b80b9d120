"""The mails under judgement: made by the house itself, and read back from the Maildir it wrote them into.

Which twenty issues the seed draws depends on whether the recorded answers are beside the project: with them issues of
the days in `RECORDED` are among those to draw from, without them only the bundled days are, and a test says so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any, Literal

from sqlalchemy import update

from digest.domain.alarm import Alarm
from digest.domain.cadence import Cadence, Frequency
from digest.domain.delivery import Kind
from digest.domain.profile import Stance, read_topics
from digest.domain.subscriber import LENGTHS, Layout, Wishes, wishes_to_json
from digest.journeys.run import run
from digest.mail.file import Maildir
from digest.mail.mime import Letter, message_of
from digest.mail.notices import letter_for_alarm, letter_for_notice
from digest.mail.renderer import letter_for_issue
from digest.resources import resource_dir
from digest.service import Service
from digest.settings import Settings
from digest.store import deliveries, editions, issues, papers
from digest.store.tables import subscribers
from tests.builders import listings
from tests.cast import TASTES

SEED = 2026
ISSUES = 20
RECORDINGS = Path(__file__).parents[3] / "shared" / "fixtures"
RECORDED = {
    "2025-08-20": "arxiv_rss/recorded_atom_cs.AI_86_closed.xml",
    "2026-06-12": "huggingface/daily_papers_2026-06-12_30.json",
    "2026-07-31": "huggingface/daily_papers_2026-07-31_30.json",
}
LONG_AGO, BACK_AT = date(2026, 2, 27), datetime(2026, 3, 19, 12, tzinfo=UTC)
"""The last day the reader who comes back had an issue for, and when the next one is composed."""
EARLIER_AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
EARLIER = listings(10, listed_on=date(2026, 3, 9))
"""Papers of the edition of a week before, too old for any issue but that reader's."""
REPLY = "550 5.2.2 <b>Mailbox full</b>; see https://mail.example.org/" + "x" * 90
ODD_TOPICS = ["扩散模型", "למידה עמוקה", "<b>graph</b> & \"neural\" networks + x < y, ='a'", "w" * 120]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail under judgement.

    Attributes
    ----------
    kind : what it is: `issue`, `weekly`, `catch-up`, `alarm`, or the kind of a notice
    letter : what was rendered
    body : the bytes that left the house
    """

    kind: str
    letter: Letter
    body: bytes

    @property
    def name(self) -> str:
        """A name for a file: its kind, and its number in the ledger."""
        return f"{self.kind}-{self.letter.message_id.partition('@')[0].split('.')[1]}"

    @property
    def parsed(self) -> EmailMessage:
        """The message as Python reads it."""
        return message_from_bytes(self.body, policy=policy.default)

    def part(self, subtype: Literal["plain", "html"]) -> str:
        """Give the text or the HTML as Python decodes it from the bytes."""
        body = self.parsed.get_body((subtype,))
        assert body is not None, f"{self.name} has no {subtype} part"
        return str(body.get_content()).replace("\r\n", "\n")


def settings_in(folder: Path) -> Settings:
    """Give settings as an operator on the open internet has them."""
    return Settings(
        _env_file=None,
        database_url=f"sqlite:///{folder / 'digest.sqlite3'}",
        outbox=folder / "outbox",
        cache_folder=folder / "cache",
        public_url="https://digest.example.org",
        sender="papers@digest.example.org",
        contact="Bücherei – the library of Example, library@example.org",
        postal_address="1 Example Street, Example Town",
    )


def made_in(folder: Path) -> list[Mail]:
    """Let a house live through its mornings, and give twenty of its issues and one mail of every other kind."""
    random, clock = Random(SEED), {"now": BACK_AT}
    with Service(settings_in(folder), now=lambda: clock["now"]) as service:
        for address, wishes in readers(random):
            service.add(address, wishes, consent={})
        with service.database.writing() as connection:
            papers.record(connection, EARLIER, EARLIER_AT)
        service.publish(EARLIER_AT.date(), as_of=EARLIER_AT)
        for day, files in mornings():
            clock["now"] = datetime.combine(day, time(9), UTC)
            ran = run(service, day=day, files=files)
            assert ran.done, f"{day}: {ran.failed}"
            if day == BACK_AT.date():
                clock["now"] = BACK_AT
                _come_back(service)
        issued, noticed = list(_issues(service)), list(_notices(service))
        outbox = Maildir(service.settings.outbox)  # The issues lie there since they were delivered.
        for mail in noticed:
            outbox.send(message_of(mail.letter))
        read = [replace(mail, body=_carried(outbox, mail)) for mail in (*issued, *noticed)]
    return _chosen(read, random)


def readers(random: Random) -> Iterator[tuple[str, Wishes]]:
    """Draw readers as unlike as wishes allow, and one who wants as much as a mail may hold."""
    authors = [
        author["name"]
        for path in sorted(resource_dir("sample").glob("*/huggingface.json"))
        for row in json.loads(path.read_bytes())
        for author in row["paper"]["authors"]
    ]
    for at, (name, (zone, topics, never)) in enumerate(TASTES.items()):
        domain = ("readers.example", "bücher.example", "例え.example")[at % 3]
        followed = read_topics([*topics, f"author: {random.choice(authors)}"])
        shunned = read_topics(never, stance=Stance.NEVER) + read_topics(["survey"], stance=Stance.LESS)
        yield (
            f"{name}{'.long' * at}@{domain}",
            Wishes(
                topics=followed + shunned[: random.randint(0, 2)],
                cadence=Cadence(zone=zone, frequency=random.choice(list(Frequency)), hour=random.randrange(24)),
                length=random.choice(LENGTHS),
                layout=random.choice(list(Layout)),
                bar=random.choice((0, 0.2, 0.4)),
                trend_weight=random.random(),
                breadth=random.random(),
            ),
        )
    yield "most@readers.example", Wishes(topics=read_topics(["models"]), length=LENGTHS[-1], layout=Layout.FULL, bar=0)


def mornings() -> Iterator[tuple[date, Sequence[Path]]]:
    """Give days with their recorded answers, the oldest first: the bundled ones, and those beside the project."""
    days = {folder.name: sorted(folder.iterdir()) for folder in resource_dir("sample").iterdir() if folder.is_dir()}
    days |= {day: [RECORDINGS / name] for day, name in RECORDED.items()} if RECORDINGS.is_dir() else {}
    for day, files in sorted(days.items()):
        yield date.fromisoformat(day), files


def _come_back(service: Service) -> None:
    """Let a reader be due who had no issue for weeks."""
    address = "back@readers.example"
    service.add(address, Wishes(topics=read_topics(["language models", "cs.CV"]), bar=0), consent={})
    away = update(subscribers).where(subscribers.c.address == address)
    with service.database.writing() as connection:
        joined = datetime.combine(LONG_AGO, time(), UTC)
        connection.execute(away.values(confirmed_at=joined, covered_until=LONG_AGO, next_issue_at=BACK_AT))
    service.compose()
    service.deliver()


def _issues(service: Service) -> Iterator[Mail]:
    with service.database.reading() as connection:
        sent = deliveries.last_sent(connection, 10_000)
        found = issues.with_ids(connection, [issue_id for _, issue_id in sent])
        pages = editions.pages_of(connection, found.values())
    for number, issue_id in sorted(sent):
        issue = found[issue_id]
        letter = letter_for_issue(issue, number, *pages[issue.edition_id], service.links)
        is_weekly = "W" in issue.period
        yield Mail(kind="catch-up" if issue.since else "weekly" if is_weekly else "issue", letter=letter, body=b"")


def _notices(service: Service) -> Iterator[Mail]:
    said: dict[str, Any] = {
        "recipient": "jo@xn--bcher-kva.example",
        "key_id": service.links.key_id,
        "date": BACK_AT.isoformat(),
    }
    for number, (kind, facts) in enumerate(facts_of_notices().items(), start=100_000):
        letter = letter_for_notice(kind, number, {**said, **facts}, service.masthead, service.links)
        yield Mail(kind=kind, letter=letter, body=b"")
    alarm = Alarm(name="source", words="arxiv has brought nothing since yesterday: look at /admin.", since=BACK_AT)
    letter = letter_for_alarm(alarm, "operator@example.org", service.masthead, BACK_AT)
    yield Mail(kind="alarm", letter=letter, body=b"")


def facts_of_notices() -> Mapping[Kind, Mapping[str, Any]]:
    """Give what is kept with one notice of each kind, with words that are hard to set."""
    wishes = Wishes(topics=read_topics([*ODD_TOPICS, *(taste for _, tastes, _ in TASTES.values() for taste in tastes)]))
    after = Wishes(topics=read_topics(ODD_TOPICS[:2]), length=25, layout=Layout.FULL, quiet_days=True, bar=0.5)
    next_at = {"next_at": "2026-03-20T06:00:00+00:00"}
    failed = [[f"2026-03-{day}", day, REPLY] for day in (17, 18)]
    missed = [["On the <i>Naming</i> of Papers: 论文 & more " + "word " * 30, "https://arxiv.org/abs/2603.00001"]]
    note, rests_on = "Nothing cleared your bar.", "61 papers of 3 sources."
    quiet = {"day": "2026-03-19", "note": note, "missed": missed, "rests_on": rests_on}
    return {
        Kind.CONFIRMATION: {"confirmation": 7},
        Kind.WELCOME: {"wishes": wishes_to_json(wishes), **next_at},
        Kind.CHANGED: {"before": wishes_to_json(wishes), "after": wishes_to_json(after)},
        Kind.GOODBYE: {},
        Kind.UNREACHABLE: {"failed": failed},
        Kind.QUIET: quiet | next_at,
    }


def _carried(outbox: Maildir, mail: Mail) -> bytes:
    [path] = (outbox.folder).glob(f"{mail.letter.message_id}.eml")
    return path.read_bytes()


def _chosen(made: Sequence[Mail], random: Random) -> list[Mail]:
    """Choose twenty issues, the largest, a weekly one and a catch-up among them; all other kinds stay."""
    ordinary = [mail for mail in made if mail.kind in {"issue", "weekly"}]
    must = [max(ordinary, key=size), *(mail for mail in ordinary if mail.kind == "weekly")][:2]
    rest = random.sample([mail for mail in ordinary if mail not in must], ISSUES - len(must))
    return [*must, *rest, *(mail for mail in made if mail not in ordinary)]


def size(mail: Mail) -> int:
    """Give how many bytes the HTML of a mail has."""
    return len(mail.letter.html.encode())


def sample_of(made: Sequence[Mail]) -> list[Mail]:
    """Choose three: the largest mail, the issue in the middle by size, and a notice."""
    ordinary = sorted((mail for mail in made if mail.kind == "issue"), key=size)
    notice = max((mail for mail in made if mail.kind in set(Kind) - {Kind.ISSUE}), key=size)
    return [max(made, key=size), ordinary[len(ordinary) // 2], notice]
