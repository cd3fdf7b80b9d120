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

LONGEST_HOLD = timedelta(days=5)
"""How long after its day a first version may come out and still be new: moderators hold some back."""


class ArxivHarvest:
    """Fills announcing days from OAI-PMH: each paper belongs to the day its first submission was announced."""

    name = "OAI-PMH"

    def __init__(self, oai: ArxivOai, categories: Sequence[str], calendar: AnnouncementCalendar) -> None:
        self.oai, self.categories, self.calendar = oai, categories, calendar

    def between(self, since: date, until: date) -> Iterator[Batch]:
        """Give what was announced on the days from `since` to `until`, whatever has changed in it after that."""
        for batch in self.oai.harvest(since):
            dated = filter(None, map(self._dated, batch.listings))
            yield replace(batch, listings=tuple(one for one in dated if since <= one.listed_on <= until))

    def changed(self, since: date, until: date) -> Iterator[Batch]:
        """Give the papers changed in a span of days, each on the day it was first announced."""
        for batch in self.oai.harvest(since, until):
            yield replace(batch, listings=tuple(filter(None, map(self._dated, batch.listings))))

    def _dated(self, listing: Listing) -> Listing | None:
        inside = [name for name in listing.paper.categories if any(is_in([name], one) for one in self.categories)]
        if not inside:
            return None
        noon = datetime.combine(listing.paper.published_on or listing.listed_on, time(12), UTC)
        day = self.calendar.announced_on(listing.submitted_at or noon)
        stamped = self.calendar.next_announcing(listing.listed_on)
        if listing.kind is ListingKind.NEW and timedelta(0) <= stamped - day <= LONGEST_HOLD:
            day = stamped
        kind = ListingKind.NEW if inside[0] == listing.paper.field else ListingKind.CROSS
        return replace(listing, listed_on=day, kind=kind)


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
