"""arXiv's days by the other doors: what the harvest gives for a day the feed did not, and what the API completes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from digest.domain.calendar import AnnouncementCalendar
from digest.domain.listing import Batch, Enrichment, Listing, ListingKind
from digest.domain.paper import Paper
from digest.domain.profile import is_in
from digest.sources.arxiv_api import ArxivApi
from digest.sources.arxiv_oai import ArxivOai

AFTER = timedelta(days=1)
"""The harvest is rebuilt in the evening of the announcement, US Eastern time: already the next day in UTC."""


class ArxivHarvest:
    """Fills announcing days from OAI-PMH; a record is dated by its last change, which for a new paper is its day."""

    name = "OAI-PMH"

    def __init__(self, oai: ArxivOai, categories: Sequence[str], calendar: AnnouncementCalendar) -> None:
        self.oai, self.categories, self.calendar = oai, categories, calendar

    def between(self, since: date, until: date) -> Iterator[Batch]:
        """Give what was announced on the days from `since` to `until`."""
        for batch in self.oai.harvest(since, until + AFTER):
            dated = (self._dated(one, self.calendar.next_announcing(one.listed_on)) for one in batch.listings)
            kept = tuple(one for one in dated if one and since <= one.listed_on <= until)
            yield replace(batch, listings=kept)

    def changed(self, since: date, until: date) -> Iterator[Batch]:
        """Give the papers changed in a span of days, each on the day it was first announced if that is known."""
        for batch in self.oai.harvest(since, until):
            kept = []
            for one in batch.listings:
                noon = datetime.combine(one.paper.published_on or one.listed_on, time(12), UTC)
                first = self._dated(replace(one, kind=ListingKind.NEW), self.calendar.announced_on(noon))
                kept += [first] if first else []
            yield replace(batch, listings=tuple(kept))

    def _dated(self, listing: Listing, day: date) -> Listing | None:
        inside = [name for name in listing.paper.categories if any(is_in([name], one) for one in self.categories)]
        if not inside:
            return None
        is_cross = listing.kind is ListingKind.NEW and inside[0] != listing.paper.field
        return replace(listing, listed_on=day, kind=ListingKind.CROSS if is_cross else listing.kind)


class ArxivCompletion:
    """Completes what feeds leave out: comments, affiliations, DOIs, first dates, and the fields of papers voted on."""

    name = "arxiv-api"

    def __init__(self, api: ArxivApi) -> None:
        self.api = api

    def enrich(self, papers: Sequence[Paper], observed_at: datetime) -> Iterator[Enrichment]:  # noqa: ARG002
        """Give the whole record of every arXiv paper that has no first date or no field yet."""
        wanted = [one.arxiv_id for one in papers if one.arxiv_id and not (one.published_on and one.categories)]
        for answer in self.api.complete(wanted):
            yield Enrichment(source=self.name, papers=answer.papers, faults=answer.faults)
