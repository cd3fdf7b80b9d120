"""Writes papers in the wire formats of arXiv, for replays: the day feed, the API's answer, the harvest."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any

from digest.domain.calendar import EASTERN

Row = dict[str, Any]
"""arxiv_id, title, abstract, authors, categories, and comment where there is one."""


def day_feed(rows: Sequence[Row], day: date) -> bytes:
    """Write the RSS feed of a day."""
    at = format_datetime(datetime.combine(day, time(), EASTERN))
    items = "".join(
        f"<item><title>{escape(row['title'])}</title><link>https://arxiv.org/abs/{row['arxiv_id']}</link>"
        f"<description>arXiv:{row['arxiv_id']}v1 Announce Type: new \nAbstract: {escape(row['abstract'])}</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{row["arxiv_id"]}v1</guid>'
        + "".join(f"<category>{name}</category>" for name in row["categories"])
        + f"<pubDate>{at}</pubDate><arxiv:announce_type>new</arxiv:announce_type>"
        f"<dc:creator>{escape(', '.join(row['authors']))}</dc:creator></item>"
        for row in rows
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        '<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">'
        f"<channel><title>cs updates on arXiv.org</title><pubDate>{at}</pubDate>{items}</channel></rss>"
    ).encode()


def harvest(rows: Sequence[tuple[Row, date]], *, token: str = "") -> bytes:
    """Write an answer of OAI-PMH in the format arXivRaw, each paper with the day of its last change."""
    if not rows:
        return _oai('<error code="noRecordsMatch">nothing</error>')
    records = "".join(
        f"<record><header><identifier>oai:arXiv.org:{row['arxiv_id']}</identifier><datestamp>{day}</datestamp></header>"
        f'<metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{row["arxiv_id"]}</id>'
        f'<version version="v1"><date>{submitted_before(day)}</date></version>'
        f"<title>{escape(row['title'])}</title><authors>{escape(', '.join(row['authors']))}</authors>"
        f"<categories>{' '.join(row['categories'])}</categories><abstract>{escape(row['abstract'])}</abstract>"
        "</arXivRaw></metadata></record>"
        for row, day in rows
    )
    return _oai(f"<ListRecords>{records}<resumptionToken>{escape(token)}</resumptionToken></ListRecords>")


def submitted_before(day: date) -> str:
    """Give a moment at which a paper is submitted that is announced on a day."""
    before = day - timedelta(days=3 if day.weekday() == 0 else 1)
    return format_datetime(datetime.combine(before, time(9), EASTERN))


def _oai(inside: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>2026-03-20T03:00:00Z</responseDate><request>https://oaipmh.arxiv.org/oai</request>{inside}</OAI-PMH>"
    ).encode()


def api_answer(rows: Sequence[Row], submitted_on: date) -> bytes:
    """Write an answer of the API."""
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{row['arxiv_id']}v1</id><title>{escape(row['title'])}</title>"
        f"<summary>{escape(row['abstract'])}</summary><published>{submitted_on}T09:00:00Z</published>"
        f"<updated>{submitted_on}T09:00:00Z</updated>"
        + "".join(f"<author><name>{escape(name)}</name></author>" for name in row["authors"])
        + (f"<arxiv:comment>{escape(row['comment'])}</arxiv:comment>" if row.get("comment") else "")
        + "".join(f'<category term="{name}"/>' for name in row["categories"])
        + f'<arxiv:primary_category term="{row["categories"][0]}"/></entry>'
        for row in rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<title>arXiv Query</title><opensearch:totalResults>{len(rows)}</opensearch:totalResults>"
        f"<opensearch:startIndex>0</opensearch:startIndex>{entries}</feed>"
    ).encode()
