"""What enrichers share: reading records, and looking papers up one by one so that one bad record costs no other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from digest.domain.listing import Enrichment, Fault
from digest.domain.paper import Paper
from digest.sources.base import SourceError
from digest.sources.fields import json_value, members

UNKNOWN = {404, 410}
ODD = {400, 414, 422, 451}
"""What a host answers if it does not like this one question; any other error would meet the next question as well."""


def read_object(body: bytes) -> Mapping[str, Any]:
    """Open a JSON object.

    Raises
    ------
    SourceError
        If it is anything else.

    >>> read_object(b'{"count": 0}')
    {'count': 0}
    """
    found = json_value(body)
    if not isinstance(found, Mapping):
        raise SourceError(f"the answer is no record; it begins with {body[:60].decode('utf-8', 'replace')!r}")
    return found


def records(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give the records in a list of a record; what is none is left out.

    >>> records({"authors": [{"id": 1}, None]}, "authors"), records({}, "authors")
    ([{'id': 1}], [])
    """
    return [one for one in members(record, name) if isinstance(one, Mapping)]


def one_by_one(
    source: str,
    papers: Iterable[Paper],
    fetch: Callable[[Paper], bytes],
    parse: Callable[[bytes, Paper], Enrichment],
) -> Iterator[Enrichment]:
    """Look papers up, a request each; what the host does not know is unknown, and a bad record is named.

    Raises
    ------
    SourceError
        If the host cannot be asked at all: the papers before stand.
    """
    for paper in papers:
        try:
            body = fetch(paper)
        except SourceError as error:
            if error.status not in UNKNOWN | ODD:
                raise
            odd = [Fault(reason=f"status {error.status}", where=paper.key)] if error.status in ODD else []
            yield Enrichment(source=source, unknown=1, faults=tuple(odd))
            continue
        try:
            yield parse(body, paper)
        except SourceError as error:
            yield Enrichment(source=source, unknown=1, faults=(Fault(reason=str(error), where=paper.key),))
