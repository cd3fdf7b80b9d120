"""Who is asked: sources with their remedies, enrichers and the past, wired from the settings over one polite client."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from digest.actions.backfill import Step
from digest.actions.collect import Ask, asking
from digest.domain.cadence import week_of
from digest.domain.calendar import AnnouncementCalendar, read_holidays
from digest.domain.listing import Batch
from digest.settings import Settings
from digest.sources.arxiv_api import ArxivApi
from digest.sources.arxiv_days import ArxivCompletion, ArxivHarvest
from digest.sources.arxiv_feed import ArxivFeed
from digest.sources.arxiv_oai import ArxivOai, sets_of
from digest.sources.base import Enricher, Source
from digest.sources.biorxiv import Biorxiv
from digest.sources.feed_xml import Feed
from digest.sources.fetch import Fetcher
from digest.sources.file import FileSource
from digest.sources.github import GitHub
from digest.sources.hackernews import HackerNews
from digest.sources.huggingface import DailyPapers
from digest.sources.openalex import OpenAlex
from digest.sources.semanticscholar import SemanticScholar
from digest.sources.turns import ARXIV_SECONDS, OTHER_SECONDS, Turns

SPAN = timedelta(days=7)
"""How much of arXiv's past one step of a backfill reads."""
PACE = {"arxiv": ARXIV_SECONDS, "huggingface": OTHER_SECONDS}
PAGES_OF_VOTES = 3
"""Pages of 100 papers that a week of Daily Papers takes."""
PAGES_A_WEEK = 6
"""Pages of 2,500 records that a week of a large archive takes, new and changed papers together."""


class Asking:
    """The wired sources; made for one run and closed after it."""

    def __init__(self, settings: Settings, fetcher: Fetcher, clock: Callable[[], float]) -> None:
        self.settings, self.fetcher, self.clock = settings, fetcher, clock
        self.calendar = AnnouncementCalendar(holidays=read_holidays(settings.arxiv_holidays))

    def sources(self) -> list[Ask]:
        """Give every source that is switched on, arXiv with its calendar and remedy."""
        said = self.settings
        asks = [
            Ask(
                source=ArxivFeed(self.fetcher, group),
                part="+".join(group),
                remedy=self._harvest(group),
                calendar=self.calendar,
            )
            for group in self._archives()
        ]
        others: list[Source] = []
        if said.huggingface:
            others.append(DailyPapers(self.fetcher, trending=said.huggingface_trending))
        others += [Biorxiv(self.fetcher, server) for server in said.preprint_servers]
        feeds = [Feed(self.fetcher, *named.split("=", 1)) for named in said.feeds]
        return asks + asking(others) + [Ask(source=feed, knows_past=False) for feed in feeds]

    def again(self, day: date) -> list[Ask]:
        """Give what can repair a day that is past: sources that know past days, and arXiv's harvest."""
        asks = [one for one in self.sources() if one.remedy is None and one.knows_past]
        for group in self._archives() if not self.calendar.silence(day) else ():
            harvested = _Harvested(self._harvest(group))
            asks.insert(0, Ask(source=harvested, part="+".join(group), calendar=self.calendar))
        return asks

    def files(self, paths: Sequence[Path]) -> list[Ask]:
        """Give recorded answers as sources."""
        return [Ask(source=FileSource(path), calendar=self.calendar) for path in paths]

    def enrichers(self) -> list[Enricher]:
        """Give every enricher that is switched on."""
        said = self.settings
        makers: dict[str, Callable[[], Enricher]] = {
            "semanticscholar": partial(SemanticScholar, self.fetcher, said.semantic_scholar_key.get_secret_value()),
            "openalex": partial(OpenAlex, self.fetcher, said.openalex_key.get_secret_value()),
            "github": partial(GitHub, self.fetcher, said.github_token.get_secret_value()),
            "hackernews": partial(HackerNews, self.fetcher),
        }
        completion = self.completion()
        first = [completion] if said.arxiv_categories and completion else []
        return first + [makers[name]() for name in said.enrichers]

    def completion(self) -> Enricher | None:
        """Give what completes arXiv papers, those among them that readers name by id; None if it is switched off."""
        return ArxivCompletion(ArxivApi(self.fetcher)) if self.settings.arxiv_completion else None

    def past(self, today: date, days: int) -> list[Step]:
        """Give the steps of a backfill over the last `days` days, newest first."""
        steps: list[Step] = []
        if self.settings.huggingface:
            papers, now = DailyPapers(self.fetcher), datetime.fromtimestamp(self.clock(), UTC)
            monday = today - timedelta(days=today.weekday())
            for back in range(SPAN.days, days + SPAN.days, SPAN.days):
                on = monday - timedelta(days=back)
                read = partial(papers.week, week_of(on), now)
                steps.append(Step(source=papers.name, day=on, requests=PAGES_OF_VOTES, read=read))
        if self.settings.arxiv_categories:
            harvest = self._harvest(self.settings.arxiv_categories)
            for back in range(SPAN.days, days + SPAN.days, SPAN.days):
                on = today - timedelta(days=back)
                read = partial(harvest.changed, on, on + SPAN - timedelta(days=1))
                steps.append(Step(source="arxiv", day=on, requests=PAGES_A_WEEK, read=read))
        return steps

    def _archives(self) -> list[tuple[str, ...]]:
        """Group the categories by archive: one feed is asked for each, and each has a receipt of its own."""
        groups: dict[str, tuple[str, ...]] = {}
        for name in self.settings.arxiv_categories:
            archive = name.split(".")[0]
            groups[archive] = (*groups.get(archive, ()), name)
        return list(groups.values())

    def _harvest(self, categories: Sequence[str]) -> ArxivHarvest:
        oai = ArxivOai(
            self.fetcher, sets_of(categories), today=lambda: datetime.fromtimestamp(self.clock(), UTC).date()
        )
        return ArxivHarvest(oai, categories, self.calendar)


class _Harvested:
    """A day from the harvest, as a source of its own: what repairs a day whose feed is gone."""

    name = "arxiv"

    def __init__(self, harvest: ArxivHarvest) -> None:
        self.harvest = harvest

    def batches(self, day: date, observed_at: datetime) -> Iterator[Batch]:  # noqa: ARG002
        """Give what the harvest has of a day."""
        pages = list(self.harvest.between(day, day))
        listings = {one.paper.key: one for page in pages for one in page.listings}
        yield Batch(
            source=self.name,
            announced_on=day,
            listings=tuple(listings.values()),
            faults=tuple(fault for page in pages for fault in page.faults),
            cut_short="; ".join(page.cut_short for page in pages if page.cut_short),
            today_only=True,
        )


@contextmanager
def asking_with(settings: Settings, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> Iterator[Asking]:
    """Open the polite client for one run; `clock` gives seconds since the epoch."""
    folder = settings.cache_folder
    turns = Turns(folder / "turns", clock=clock, sleep=sleep)
    fetcher = Fetcher(
        contact=settings.contact,
        cache=folder / "http",
        turn=turns,
        sleep=sleep,
        private_hosts=settings.private_hosts,
    )
    try:
        yield Asking(settings, fetcher, clock)
    finally:
        fetcher.close()
