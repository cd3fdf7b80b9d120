"""arXiv's OAI-PMH: everything changed since a day, page by page. Where an outage is caught up with."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from digest.domain import text
from digest.domain.listing import Batch, Fault, Listing
from digest.sources.arxiv_records import NAME, header_of, read_record
from digest.sources.base import SourceError, day_of, gather, local_name, xml_elements
from digest.sources.fetch import Fetcher
from digest.sources.fields import inner, whole

ADDRESS = "https://oaipmh.arxiv.org/oai"
FORMAT = "arXivRaw"
"""The format that knows every version of a paper, so what is new and when it first came."""
LISTS = ("ListRecords", "GetRecord")
MOST_RESTARTS = 3
MOST_PAGES = 1_000
PHYSICS = {
    "astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin", "nucl-ex", "nucl-th",
    "physics", "quant-ph",
}  # fmt: skip
"""Archives that lie in the group `physics`; every other archive is a group of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one answer of OAI-PMH held.

    Attributes
    ----------
    listings : every record that could be read; the day is that of the record's last change
    token : what to ask with for the next page, opaque; empty at the end
    response_date : the day of the answer, as the host says
    complete_size : how many records the whole list has, where the host says so
    faults : records that could not be read, were deleted, or are odd
    cut_short : why the answer ends before its end, or an empty text
    """

    listings: tuple[Listing, ...] = ()
    token: str = ""
    response_date: date | None = None
    complete_size: int | None = None
    faults: tuple[Fault, ...] = ()
    cut_short: str = ""

    @property
    def last_day(self) -> date | None:
        """The day of the newest change in it."""
        return max((listing.listed_on for listing in self.listings), default=None)


def parse_records(body: bytes) -> Page:
    """Put an answer to ListRecords or GetRecord into our words; `noRecordsMatch` is a page without records.

    Raises
    ------
    SourceError
        If it is no such answer, or tells of an error; `code` is then the error's name in the protocol.
    """
    root, found, cut_short = xml_elements(body, wanted={"record"}, roots={"OAI-PMH", "record"})
    response_date = day_of(inner(root, "responseDate").strip())
    error = root.find("{*}error")
    if error is not None:
        code = error.get("code", "")
        if code == "noRecordsMatch":
            return Page(response_date=response_date)
        raise SourceError(f"OAI-PMH error {code}: {text.shorten(''.join(error.itertext()), 200)}", code=code)
    holder = next((child for name in LISTS if (child := root.find(f"{{*}}{name}")) is not None), None)
    if holder is None and local_name(root) != "record":
        raise SourceError(f"the answer lists no records {cut_short}".strip())
    records = [one for one in found if one.find("{*}header") is not None or one.find("{*}metadata") is not None]
    gone = [one for one in records if one.find("{*}header[@status='deleted']") is not None]
    listings, faults = gather([one for one in records if one not in gone], read_record, name=_name)
    deleted = tuple(
        Fault(reason="deleted at the source", where=header_of(one, "identifier"), kept=True) for one in gone
    )
    token = holder.find("{*}resumptionToken") if holder is not None else None
    size = token.get("completeListSize") if token is not None else None
    return Page(
        listings=listings,
        token="".join(token.itertext()).strip() if token is not None and not cut_short else "",
        response_date=response_date,
        complete_size=whole(size) if size else None,
        faults=faults + deleted,
        cut_short=cut_short,
    )


def _name(position: int, record: Any) -> str:
    return f"record {position} ({header_of(record, 'identifier')[:60] or 'without id'})"


def sets_of(categories: Sequence[str]) -> tuple[str, ...]:
    """Give the OAI-PMH sets that hold some categories, none inside another.

    >>> sets_of(["cs.CL", "hep-th", "astro-ph.CO", "stat"])
    ('cs:cs:CL', 'physics:hep-th', 'physics:astro-ph:CO', 'stat')
    >>> sets_of(["cs.CL", "cs"]), sets_of(["physics.optics"])
    (('cs',), ('physics:physics:optics',))
    """
    found: dict[str, None] = {}
    for category in categories:
        archive, _, subject = category.partition(".")
        group = "physics" if archive in PHYSICS else archive
        whole_group = not subject and group == archive and archive != "physics"
        parts = [group] if whole_group else [group, archive, *([subject] if subject else [])]
        found[":".join(parts)] = None
    return tuple(one for one in found if not any(one.startswith(f"{other}:") for other in found))


class ArxivOai:
    """The records changed in a span of days, over HTTP.

    Parameters
    ----------
    sets : tuple of str
        Sets to harvest one after the other; none means everything.
    today : callable
        The present day in UTC: nothing later may be asked for.
    """

    name = NAME

    def __init__(
        self, fetcher: Fetcher, sets: tuple[str, ...], address: str = ADDRESS, *, today: Callable[[], date]
    ) -> None:
        self.fetcher, self.sets, self.address, self.today = fetcher, sets, address, today

    def harvest(self, since: date, until: date | None = None) -> Iterator[Batch]:
        """Give every record changed since a day, a batch a page; a record may come twice.

        Raises
        ------
        SourceError
            If the host does not answer, refuses, or loses its place more than three times.
        """
        if since > self.today():
            return
        for name in self.sets or ("",):
            yield from self._harvest(name, since, until)

    def _harvest(self, name: str, since: date, until: date | None) -> Iterator[Batch]:
        token, seen, restarts, tokens = "", since, 0, set[str]()
        for _ in range(MOST_PAGES):
            try:
                page = self._page(name, seen, until, token)
            except SourceError as error:
                # A token lives until midnight UTC; what was seen so far comes again and is known again.
                if error.code != "badResumptionToken" or restarts == MOST_RESTARTS:
                    raise
                token, restarts = "", restarts + 1
                tokens.clear()
                continue
            seen = max(seen, page.last_day or seen)
            repeats = page.token in tokens
            cut_short = page.cut_short or ("the next page is this one again" if repeats else "")
            yield Batch(
                source=self.name, announced_on=None, listings=page.listings, faults=page.faults, cut_short=cut_short
            )
            if not page.token or repeats:
                return
            token = page.token
            tokens.add(token)
        raise SourceError(f"OAI-PMH gives more than {MOST_PAGES:,} pages; stopped reading")

    def _page(self, name: str, since: date, until: date | None, token: str) -> Page:
        wanted = f"&resumptionToken={quote(token, safe='')}"
        if not token:
            span = f"&from={since}" + (f"&until={until}" if until and until <= self.today() else "")
            wanted = f"&metadataPrefix={FORMAT}{span}" + (f"&set={quote(name, safe=':')}" if name else "")
        try:
            return parse_records(self.fetcher.get(f"{self.address}?verb=ListRecords{wanted}"))
        except SourceError as error:
            # The host's day may begin a little later than ours; asking for a day to come is refused there.
            if error.code == "badArgument" and not token and since >= self.today():
                return Page()
            raise
