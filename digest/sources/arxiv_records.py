"""One record of arXiv's OAI-PMH: arXivRaw, arXiv and oai_dc, as the new endpoint writes them and as the old one did."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from digest.domain import identity, text
from digest.domain.listing import Listing, ListingKind
from digest.domain.paper import Paper
from digest.sources.authors import Authors, joined, members_of, names_in, read_authors
from digest.sources.base import BadRecord, day_of, is_withdrawn, local_name
from digest.sources.fields import day_in, inner, inners, title_of

NAME = "arxiv"
LONGEST_HOLD = timedelta(days=60)
"""Days from submission to announcement that are still believable; a first version changed later is no news."""
Facts = tuple[dict[str, Any], int, date | None]
"""What is known of a paper, its number of versions, and the day of its first submission."""


def read_record(record: Any) -> Listing:
    """Put one record into our words; the day is that of its last change.

    It is new where it is the first version and was submitted shortly before; otherwise it replaces. `acm-class` is not
    read: arXiv writes something else there.

    Raises
    ------
    BadRecord
        If it has no identifier, title, datestamp or known format.
    """
    metadata = record.find("{*}metadata")
    told = next(metadata.iterchildren("{*}*"), None) if metadata is not None else None
    if told is None:
        raise BadRecord("no metadata")
    listed_on = day_of(header_of(record, "datestamp"))
    if not listed_on:
        raise BadRecord("no datestamp")
    found = identity.arxiv_id(inner(told, "id")) or identity.arxiv_id(header_of(record, "identifier"))
    if not found:
        raise BadRecord("no arXiv id")
    reader = READERS.get(local_name(told))
    if reader is None:
        raise BadRecord(f"unknown format {local_name(told)[:40]!r}")
    facts, version, submitted_on = reader(told)
    if not facts["title"]:
        raise BadRecord("no title")
    paper = Paper(key=identity.paper_key(arxiv=found[0]), text_source=NAME, **facts)
    is_new = version == 1 and (submitted_on is None or listed_on - submitted_on <= LONGEST_HOLD)
    kind = ListingKind.NEW if is_new else ListingKind.REPLACE
    return Listing(paper=paper, source=NAME, kind=kind, listed_on=listed_on, submitted_at=_submitted_at(told))


def _submitted_at(told: Any) -> datetime | None:
    """Read when the first version came in; only the format arXivRaw tells."""
    version = told.find("{*}version")
    try:
        read = parsedate_to_datetime(inner(version, "date").strip()) if version is not None else None
    except (ValueError, OverflowError):
        return None
    return read.replace(tzinfo=read.tzinfo or UTC) if read else None


def _of_raw(told: Any) -> Facts:
    versions = list(told.iterchildren("{*}version"))
    days = [day_in(inner(version, "date")) for version in versions]
    last = versions[-1] if versions else told
    kind, size = inner(last, "source_type").strip(), inner(last, "size").strip()
    is_empty = kind == "I" or (not kind and re.fullmatch(r"0+\s*kb", size, re.I) is not None)
    facts = _common(told, read_authors(inner(told, "authors"))) | {"published_on": days[0] if days else None}
    facts["withdrawn"] = is_empty or facts["withdrawn"]
    return facts, max(1, len(versions)), facts["published_on"]


def _of_arxiv(told: Any) -> Facts:
    authors = [one for holder in told.iterchildren("{*}authors") for one in holder.iterchildren("{*}author")]
    names = [name for author in authors for name in members_of(_whole_name(author))]
    places = joined(place for author in authors for place in inners(author, "affiliation"))
    facts = _common(told, Authors(names=tuple(names), affiliation=places))
    created, updated = day_of(inner(told, "created").strip()), day_of(inner(told, "updated").strip())
    version = 1 if updated is None or updated == created else 2
    # The new endpoint gives the day of the latest version here, so the id's month must agree with it.
    facts["published_on"] = created if created and _agrees(inner(told, "id"), created) else None
    return facts, version, created


def _of_dc(told: Any) -> Facts:
    descriptions = inners(told, "description")
    comments = [one for one in descriptions if one.lower().startswith("comment:")]
    comment = text.tidy(text.readable(comments[0].partition(":")[2])) if comments else ""
    abstract = next((one for one in descriptions if one not in comments), "")
    days = [day for one in inners(told, "date") if (day := day_of(one))]
    identifiers = [one for one in inners(told, "identifier") if not identity.arxiv_id(one)]
    dois = [found for one in identifiers if (found := identity.doi(one))]
    venues = [one for one in identifiers if not identity.doi(one) and "://" not in one]
    facts: dict[str, Any] = {
        "title": title_of(inner(told, "title")),
        "abstract": text.readable(abstract),
        "authors": names_in(inners(told, "creator")).names,
        "published_on": days[0] if days else None,
        "doi": dois[0] if dois else "",
        "venue": text.tidy(text.readable(venues[0])) if venues else "",
        "comment": comment,
        "withdrawn": is_withdrawn(comment),
    }
    return facts, max(1, len(set(days))), facts["published_on"]


READERS = {"arXivRaw": _of_raw, "arXiv": _of_arxiv, "dc": _of_dc}


def _common(told: Any, authors: Authors) -> dict[str, Any]:
    comment = text.tidy(text.readable(inner(told, "comments")))
    dois = [found for one in inner(told, "doi").split() if (found := identity.doi(one))]
    return {
        "title": title_of(inner(told, "title")),
        "abstract": text.readable(inner(told, "abstract")),
        "authors": authors.names,
        "authors_complete": authors.complete,
        "affiliation": authors.affiliation,
        "categories": tuple(dict.fromkeys(inner(told, "categories").split())),
        "doi": dois[0] if dois else "",
        "comment": comment,
        "venue": text.tidy(text.readable(inner(told, "journal-ref"))),
        "withdrawn": is_withdrawn(comment),
    }


def _whole_name(author: Any) -> str:
    parts = (inner(author, name).strip() for name in ("forenames", "keyname", "suffix"))
    return " ".join(part for part in parts if part)


def _agrees(arxiv: str, day: date) -> bool:
    digits = re.search(r"(\d\d)(\d\d)(?:\.|\d{3}$)", arxiv.strip())
    if not digits:
        return False
    year = int(digits[1]) + (1900 if int(digits[1]) > 90 else 2000)
    return 0 <= 12 * (year - day.year) + int(digits[2]) - day.month <= 3


def header_of(record: Any, name: str) -> str:
    """Give a value of a record's header, or an empty text."""
    header = record.find("{*}header")
    return inner(header, name).strip()[:100] if header is not None else ""
