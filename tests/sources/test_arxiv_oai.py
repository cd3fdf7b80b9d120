"""arXiv's OAI-PMH: what is new and what replaces, what is withdrawn, and pages whose token is lost at midnight."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.domain.listing import ListingKind
from digest.sources.arxiv_oai import ArxivOai, parse_records, sets_of
from digest.sources.base import SourceError
from tests.builders import DAY
from tests.sources.hosts import Host, in_turn

DATA = Path(__file__).parents[1] / "data"
RAW, ARXIV = (DATA / "oai_raw.xml").read_bytes(), (DATA / "oai_arxiv.xml").read_bytes()
TOKEN = "verb%3DListRecords%26skip%3D3|a b"
LAST = RAW.replace(TOKEN.encode(), b"")


def error(code: str) -> bytes:
    said = f'<error code="{code}">so it is</error>'
    return f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{said}</OAI-PMH>'.encode()


def test_a_raw_record_knows_its_versions_and_people() -> None:
    page = parse_records(RAW)
    first, second = page.listings
    assert (first.paper.key, first.kind, first.listed_on) == ("arxiv:2603.00001", ListingKind.NEW, DAY)
    assert (first.paper.title, first.paper.authors) == (
        "A gripper that is 50% softer",
        ("Jörg Kraß", "Bo Ek Jr.", "Cy Ho"),
    )
    assert (first.paper.published_on, first.paper.doi) == (date(2026, 3, 16), "10.1000/grip.1")
    assert (first.paper.affiliation, first.paper.venue, first.paper.comment) == (
        "A Lab; B Lab",
        "J. Grip. 5",
        "8 pages",
    )
    assert (second.kind, second.paper.published_on) == (ListingKind.REPLACE, date(2007, 3, 29))
    assert (second.paper.authors, second.paper.authors_complete) == (("AURIGA Collaboration", "L. Baggio"), False)


def test_a_page_tells_its_token_size_and_day() -> None:
    page = parse_records(RAW)
    assert (page.token, page.complete_size, page.response_date, page.last_day) == (TOKEN, 5, DAY, DAY)
    assert (parse_records(ARXIV).token, parse_records(ARXIV).complete_size) == ("", None)


def test_withdrawn_and_deleted_are_told_apart() -> None:
    page = parse_records(RAW)
    assert [one.paper.withdrawn for one in page.listings] == [False, True]
    assert [(fault.reason, fault.kept) for fault in page.faults] == [
        ("withdrawn", True),
        ("deleted at the source", True),
    ]


@pytest.mark.parametrize(
    ("said", "withdrawn"),
    [
        ("This paper has been withdrawn by the author", True),
        ("Withdrawn due to an error", True),
        ("5 pages. This article is now withdrawn", True),
        ("the authors withdraw this paper", True),
        ("Supersedes the withdrawn arXiv:0801.1234", False),
        ("This paper has not been withdrawn", False),
        ("8 pages", False),
    ],
)
def test_a_comment_says_whether_a_paper_is_withdrawn(said: str, withdrawn: bool) -> None:
    page = parse_records(RAW.replace(b"8 pages", said.encode()))
    assert page.listings[0].paper.withdrawn is withdrawn


@pytest.mark.parametrize(
    ("old", "new", "withdrawn"),
    [
        (b"<source_type>I</source_type>", b"", True),
        (b"<source_type>I</source_type>", b"<source_type>D</source_type>", False),
        (b"<size>0kb</size>", b"", True),
    ],
)
def test_an_empty_last_version_is_a_withdrawal(old: bytes, new: bytes, withdrawn: bool) -> None:
    assert parse_records(RAW.replace(old, new)).listings[1].paper.withdrawn is withdrawn


def test_the_clean_format_and_dublin_core_are_read() -> None:
    clean, late, core = parse_records(ARXIV).listings
    assert (clean.kind, clean.paper.published_on) == (ListingKind.NEW, date(2015, 12, 31))
    assert (clean.paper.authors, clean.paper.affiliation) == (("Edésio M. Barboza Jr.", "DES Collaboration"), "A Lab")
    assert clean.paper.categories == ("astro-ph.CO", "gr-qc")
    assert (late.kind, late.paper.withdrawn) == (ListingKind.REPLACE, True)
    assert late.paper.published_on is None, "the new endpoint gives the day of the latest version as created"
    assert (core.paper.key, core.kind, core.paper.authors) == (
        "arxiv:math/0306001",
        ListingKind.REPLACE,
        ("Amin C. Oghlan", "Bo Ek"),
    )
    assert (core.paper.comment, core.paper.venue, core.paper.doi) == ("7 pages", "Graphs 14 (2005)", "10.1017/s1")


def test_a_first_version_changed_long_after_is_no_news() -> None:
    later = RAW.replace(b"Mon, 16 Mar 2026 09:00:00 GMT", b"Mon, 16 Mar 2020 09:00:00 GMT")
    assert parse_records(later).listings[0].kind is ListingKind.REPLACE


def test_a_record_alone_is_read() -> None:
    alone = ARXIV[ARXIV.index(b"<record>") : ARXIV.index(b"</record>") + 9]
    assert [one.paper.key for one in parse_records(alone).listings] == ["arxiv:1601.00001"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"2603.00001", b"2603.1", "no arXiv id"),
        (b"A gripper that is\n  50% softer", b"", "no title"),
        (b"<datestamp>2026-03-17<", b"<datestamp>soon<", "no datestamp"),
        (b"arXivRaw xmlns", b"arXivOdd xmlns", "unknown format 'arXivOdd'"),
    ],
)
def test_one_bad_record_is_named_and_the_rest_goes_on(old: bytes, new: bytes, reason: str) -> None:
    body = RAW.replace(old, new) if old == b"2603.00001" else RAW.replace(old, new, 1)
    if new == b"arXivOdd xmlns":
        body = body.replace(b"</arXivRaw>", b"</arXivOdd>", 1)
    page = parse_records(body)
    assert [fault.reason for fault in page.faults if not fault.kept] == [reason]
    assert [one.paper.key for one in page.listings] == ["arxiv:cond-mat/0703001"]


def test_a_truncated_page_keeps_what_was_whole_and_gives_no_token() -> None:
    page = parse_records(RAW[:-40])
    assert (len(page.listings), page.token, "breaks off" in page.cut_short) == (2, "", True)


def test_no_records_is_an_empty_page_and_other_errors_are_source_errors() -> None:
    assert parse_records(error("noRecordsMatch")).listings == ()
    with pytest.raises(SourceError, match="badArgument: so it is") as raised:
        parse_records(error("badArgument"))
    assert raised.value.code == "badArgument"
    for body in (b"", b"broken xml", b"<OAI-PMH><Identify/></OAI-PMH>", b"<rss/>"):
        with pytest.raises(SourceError):
            parse_records(body)


@given(
    st.sampled_from([RAW, ARXIV]),
    st.integers(0, 4_000),
    st.binary(max_size=9) | st.sampled_from([b"</record>", b"<metadata>", b"<version/>", b"&#0;"]),
    st.integers(0, 60),
)
def test_whatever_comes_only_a_source_error_is_raised(body: bytes, at: int, new: bytes, length: int) -> None:
    try:
        page = parse_records(body[:at] + new + body[at + length :])
    except SourceError:
        return
    assert all(one.paper.title and one.paper.arxiv_id for one in page.listings)


@pytest.mark.parametrize(
    ("categories", "sets"),
    [
        (["cs.CL"], ("cs:cs:CL",)),
        (["hep-th", "gr-qc"], ("physics:hep-th", "physics:gr-qc")),
        (["astro-ph.CO", "cond-mat.str-el"], ("physics:astro-ph:CO", "physics:cond-mat:str-el")),
        (["physics", "nlin.CD"], ("physics:physics", "physics:nlin:CD")),
        (["math.NA", "q-bio", "stat.ML", "eess.SP"], ("math:math:NA", "q-bio", "stat:stat:ML", "eess:eess:SP")),
        (["cs.CL", "cs", "cs.CL"], ("cs",)),
        ([], ()),
    ],
)
def test_sets_hold_their_categories_and_none_lies_in_another(categories: list[str], sets: tuple[str, ...]) -> None:
    assert sets_of(categories) == sets


def oai(host: Host, *sets: str, today: date = DAY) -> ArxivOai:
    return ArxivOai(host.fetcher, sets, "https://oai.example/oai", today=lambda: today)


def test_a_token_is_passed_back_as_one_value_and_alone() -> None:
    host = in_turn(RAW, LAST)
    batches = list(oai(host, "cs:cs:CL").harvest(date(2026, 3, 16)))
    assert [len(batch.listings) for batch in batches] == [2, 2]
    assert {(batch.source, batch.announced_on, batch.cut_short) for batch in batches} == {("arxiv", None, "")}
    assert host.asked == [
        "https://oai.example/oai?verb=ListRecords&metadataPrefix=arXivRaw&from=2026-03-16&set=cs:cs:CL",
        "https://oai.example/oai?verb=ListRecords&resumptionToken=verb%253DListRecords%2526skip%253D3%7Ca%20b",
    ]


def test_every_set_is_harvested_and_no_set_means_everything() -> None:
    host = in_turn(LAST)
    list(oai(host, "cs", "stat").harvest(date(2026, 3, 16), date(2026, 3, 16)))
    list(oai(host).harvest(date(2026, 3, 16), date(2027, 1, 1)))
    assert [address.partition("arXivRaw")[2] for address in host.asked] == [
        "&from=2026-03-16&until=2026-03-16&set=cs",
        "&from=2026-03-16&until=2026-03-16&set=stat",
        "&from=2026-03-16",
    ]


def test_a_token_lost_at_midnight_restarts_from_the_last_day_seen() -> None:
    host = in_turn(RAW, error("badResumptionToken"), LAST)
    batches = list(oai(host).harvest(date(2026, 3, 1)))
    assert [len(batch.listings) for batch in batches] == [2, 2]
    assert "from=2026-03-17" in host.asked[2]


def test_a_token_lost_again_and_again_is_given_up() -> None:
    bodies: list[bytes] = []
    for number in range(5):
        bodies += [RAW.replace(b"skip%3D3", f"skip%3D{number}".encode()), error("badResumptionToken")]
    host = in_turn(*bodies)
    with pytest.raises(SourceError, match="badResumptionToken"):
        list(oai(host).harvest(date(2026, 3, 1)))
    assert len(host.asked) == 8


def test_a_token_that_leads_back_to_itself_ends_the_harvest_and_says_so() -> None:
    host = in_turn(RAW)
    batches = list(oai(host).harvest(date(2026, 3, 1)))
    assert [batch.cut_short for batch in batches] == ["", "the next page is this one again"]


def test_a_page_that_breaks_off_is_cut_short_and_the_next_set_goes_on() -> None:
    host = in_turn(RAW[:-40], LAST)
    batches = list(oai(host, "cs", "stat").harvest(date(2026, 3, 16)))
    assert [bool(batch.cut_short) for batch in batches] == [True, False]


def test_the_future_is_empty_and_is_not_asked_for() -> None:
    host = in_turn(error("badArgument"))
    assert list(oai(host).harvest(date(2026, 3, 18))) == []
    assert host.asked == []
    assert [batch.listings for batch in oai(host).harvest(DAY)] == [()]
    with pytest.raises(SourceError, match="badArgument"):
        list(oai(host).harvest(date(2026, 3, 1)))
