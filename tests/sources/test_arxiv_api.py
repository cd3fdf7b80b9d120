"""arXiv's API: what is known of papers by id, what it refuses, and pages that come back empty."""

import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.arxiv_api import Answer, ArxivApi, parse_answer
from digest.sources.base import SourceError
from tests.sources.hosts import Host, in_turn

BODY = (Path(__file__).parents[1] / "data" / "arxiv_api.xml").read_bytes()
ENTRY = b"<entry><id>http://arxiv.org/abs/%sv1</id><title>T</title><summary>A</summary></entry>"
HEAD = b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/">'


def feed(*ids: str, total: int | None = None, start: int = 0) -> bytes:
    entries = b"".join(ENTRY % one.encode() for one in ids)
    count = len(ids) if total is None else total
    told = f"<o:totalResults>{count}</o:totalResults><o:startIndex>{start}</o:startIndex>".encode()
    return HEAD + told + entries + b"</feed>"


def refusal(said: str) -> bytes:
    entry = f"<entry><id>https://arxiv.org/api/errors#x</id><title>Error</title><summary>{said}</summary></entry>"
    return HEAD + entry.encode() + b"</feed>"


def faults(answers: list[Answer]) -> list[tuple[str, str]]:
    return [(fault.reason, fault.where) for answer in answers for fault in answer.faults if not fault.kept]


def asked_for(address: str) -> list[str]:
    return parse_qs(urlsplit(address).query)["id_list"][0].split(",")


def test_an_entry_is_read_whole() -> None:
    answer = parse_answer(BODY)
    first, second = answer.papers
    assert (first.key, first.title) == ("arxiv:2603.00001", "A gripper that is 50% softer for x²")
    assert first.abstract == "We build a soft gripper that holds <1 kg."
    assert (first.authors, first.affiliation) == (("Jörg Kraß", "Bo Ek"), "A Lab; B Lab")
    assert (first.categories, first.published_on) == (("cs.RO", "cs.AI"), date(2026, 3, 1))
    assert (first.doi, first.venue, first.comment) == (
        "10.1000/grip.1",
        "J. Grip. 5 (2026) 1",
        "Accepted at a workshop",
    )
    assert (second.key, second.title, second.withdrawn) == ("arxiv:hep-th/9901001", "0", True)
    assert (answer.total, answer.start, answer.error, answer.cut_short) == (2, 0, "", "")


def test_an_answer_that_is_only_an_error_gives_its_words() -> None:
    assert parse_answer(refusal("incorrect id format for abc")) == Answer(error="incorrect id format for abc")
    assert parse_answer(feed()).papers == ()


@pytest.mark.parametrize("old", [b"http://arxiv.org/abs/2603.00001v2", b"A gripper that is\n  50% softer for $x^2$"])
def test_one_bad_entry_is_named_and_the_rest_goes_on(old: bytes) -> None:
    answer = parse_answer(BODY.replace(old, b" "))
    assert [paper.key for paper in answer.papers] == ["arxiv:hep-th/9901001"]
    assert len(faults([answer])) == 1
    assert answer.received == 2


def test_a_truncated_answer_keeps_what_was_whole_and_says_so() -> None:
    answer = parse_answer(BODY[:-60])
    assert (len(answer.papers), "breaks off" in answer.cut_short) == (1, True)


@pytest.mark.parametrize("body", [b"", b"Rate exceeded.", b"<html/>", b"[]", b"<rss/>"])
def test_what_is_no_answer_is_a_source_error(body: bytes) -> None:
    with pytest.raises(SourceError):
        parse_answer(body)


@given(
    st.integers(0, len(BODY)),
    st.binary(max_size=9) | st.sampled_from([b"</entry>", b"<id>", b"&#0;"]),
    st.integers(0, 50),
)
def test_whatever_comes_only_a_source_error_is_raised(at: int, new: bytes, length: int) -> None:
    try:
        answer = parse_answer(BODY[:at] + new + BODY[at + length :])
    except SourceError:
        return
    assert all(paper.title and paper.arxiv_id for paper in answer.papers)


def test_ids_are_asked_for_a_hundred_at_a_time_each_once_and_without_version() -> None:
    ids = [f"2603.{number:05d}" for number in range(1, 231)]
    host = Host(lambda address: feed(*asked_for(address)))
    answers = list(ArxivApi(host.fetcher).complete([*(f"arXiv:{one}v2" for one in ids), ids[0]]))
    assert [len(answer.papers) for answer in answers] == [100, 100, 30]
    assert [re.findall(r"max_results=(\d+)", address) for address in host.asked] == [["100"], ["100"], ["30"]]
    assert faults(answers) == []


def test_a_malformed_id_is_never_sent_and_is_named() -> None:
    host = Host(lambda address: feed(*asked_for(address)))
    answers = list(ArxivApi(host.fetcher).complete(["abc", "0808.05394", "2603.00001"]))
    assert [asked_for(address) for address in host.asked] == [["2603.00001"]]
    assert faults(answers) == [("malformed arXiv id", "abc"), ("malformed arXiv id", "0808.05394")]
    assert list(ArxivApi(host.fetcher).complete([])) == []


def test_an_id_that_did_not_come_is_named() -> None:
    host = in_turn(feed("2603.00002"))
    answers = list(ArxivApi(host.fetcher).complete(["2603.00001", "2603.00002"]))
    assert faults(answers) == [("not known to the API", "2603.00001")]


@pytest.mark.parametrize("status", [400, 200])
def test_one_refused_id_does_not_cost_the_rest(status: int) -> None:
    ids = [f"2603.{number:05d}" for number in range(1, 101)]

    def answer(address: str) -> bytes | Exception:
        said = refusal("incorrect id format for 2603.00037")
        if ids[36] not in asked_for(address):
            return feed(*asked_for(address))
        return said if status == 200 else SourceError("answers 400", status=400, body=said)

    host = Host(answer)
    answers = list(ArxivApi(host.fetcher).complete(ids))
    assert sum(len(one.papers) for one in answers) == 99
    assert faults(answers) == [("refused by the API", f"{ids[36]} (incorrect id format for 2603.00037)")]
    assert len(host.asked) < 20


def test_an_api_that_refuses_whatever_it_is_asked_is_given_up() -> None:
    host = in_turn(SourceError("answers 400: no", status=400))
    with pytest.raises(SourceError, match="refuses whatever it is asked"):
        list(ArxivApi(host.fetcher).complete([f"2603.{number:05d}" for number in range(1, 101)]))


def test_a_failure_that_is_no_refusal_goes_through() -> None:
    with pytest.raises(SourceError, match="did not answer"):
        list(ArxivApi(in_turn(SourceError("did not answer", status=503)).fetcher).complete(["2603.00001"]))


def pages(address: str, total: int = 250) -> bytes:
    start = int(parse_qs(urlsplit(address).query)["start"][0])
    ids = [f"2603.{number + 1:05d}" for number in range(start, min(start + 100, total))]
    return feed(*ids, total=total, start=start)


@pytest.mark.parametrize(("most", "sizes"), [(250, [100, 100, 50]), (120, [100, 20]), (9_999, [100, 100, 50]), (0, [])])
def test_a_search_follows_its_pages_newest_first(most: int, sizes: list[int]) -> None:
    host = Host(pages)
    found = list(ArxivApi(host.fetcher).search("cat:cs.CL AND all:grip", most))
    assert [len(answer.papers) for answer in found] == sizes
    assert all("sortBy=submittedDate&sortOrder=descending" in address for address in host.asked)
    assert all("search_query=cat%3Acs.CL+AND+all%3Agrip" in address for address in host.asked)


def test_an_empty_page_that_should_not_be_is_asked_for_again() -> None:
    tries: list[str] = []

    def answer(address: str) -> bytes:
        if "start=100" in address:
            tries.append(address)
            if len(tries) < 3:
                return feed(total=250, start=100)
        return pages(address)

    found = list(ArxivApi(Host(answer).fetcher).search("grip", 250))
    assert (sum(len(one.papers) for one in found), len(tries)) == (250, 3)


@pytest.mark.parametrize("total", [250, 0])
def test_an_empty_page_that_stays_empty_fails_loudly(total: int) -> None:
    host = Host(lambda address: pages(address) if "start=0" in address else feed(total=total))
    with pytest.raises(SourceError, match="250 results, but none from 100 on, asked 3 times"):
        list(ArxivApi(host.fetcher).search("grip", 250))


def test_a_total_without_entries_ends_a_search() -> None:
    assert [answer.papers for answer in ArxivApi(in_turn(feed(total=1)).fetcher).search("grip", 100)] == [()]


def test_a_refused_search_is_a_source_error() -> None:
    with pytest.raises(SourceError, match="refused the query: bad field"):
        list(ArxivApi(in_turn(refusal("bad field")).fetcher).search("xx:grip", 10))
