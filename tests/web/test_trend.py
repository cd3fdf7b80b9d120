"""The public pages of trend: the list with its reasons, one paper explained with its plot; looking changes nothing."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from lxml import html
from sqlalchemy import select

from digest.service import Service
from digest.settings import Settings
from digest.store.tables import metadata
from tests.builders import NOW, paper
from tests.servers import web_server
from tests.trending import let_trend, teach

FIRST = f"/trend/{paper(1).key}"


@pytest.fixture
def house(settings: Callable[..., Settings]) -> Iterator[Service]:
    with Service(settings(admin_password="a password"), now=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def web(house: Service) -> Iterator[httpx2.Client]:
    with web_server(house) as address, httpx2.Client(base_url=address, trust_env=False) as client:
        yield client


def tree(answer: httpx2.Response) -> Any:
    """Give a page as its elements."""
    return html.fromstring(answer.text)


def words(answer: httpx2.Response) -> str:
    """Give a page as it reads, its spaces made single."""
    return " ".join(" ".join(tree(answer).xpath("//main")[0].itertext()).split())


def rows(house: Service) -> dict[str, list[Any]]:
    with house.database.reading() as connection:
        return {name: list(connection.execute(select(table))) for name, table in metadata.tables.items()}


def test_a_house_without_an_edition_says_so(web: httpx2.Client) -> None:
    answer = web.get("/trend")
    assert answer.status_code == 200
    assert "Nothing trends yet" in answer.text


def test_the_list_names_every_paper_with_its_reasons_and_what_rises(house: Service, web: httpx2.Client) -> None:
    let_trend(house.database)
    answer = web.get("/trend")
    said = words(answer)
    assert "1 A study of subject 1 Top 2 % of cs.CL papers of its age : 41 upvotes in 9 h, usual 6; two" in said
    assert "12 to 90 votes to expect" in said
    assert "a jump from 12 to 140" not in said, "what is suspected is for the operator"
    assert "Rising today test-time <training> 4×" in said
    assert "<training>" not in answer.text
    links = tree(answer).xpath("//ol//a/@href")
    assert links == [f"/trend/arxiv%3A2603.0000{n}" for n in (1, 2, 3)]
    assert [web.get(link).status_code for link in links] == [200] * 3


def test_a_model_that_was_learnt_after_the_edition_is_not_said_to_have_scored_it(
    house: Service, web: httpx2.Client
) -> None:
    let_trend(house.database)
    teach(house.database, NOW + timedelta(seconds=1))
    assert "a documented formula scored" in words(web.get("/trend"))


def test_the_list_says_which_model_scored_it_and_how_good_that_is(house: Service, web: httpx2.Client) -> None:
    let_trend(house.database)
    assert "a documented formula scored" in words(web.get("/trend"))
    version = teach(house.database)
    for path in ("/trend", FIRST):
        said = words(web.get(path))
        assert f"Trend model {version}, learnt on 2026-03-17 from 9,000 papers of 2025-03-17 to 2026-03-16" in said
        assert "ndcg10" not in said, "how good it is stands in the terminal"


@pytest.mark.parametrize("name", ["2603.00001", "arxiv:2603.00001", "arxiv%3A2603.00001", "2603.00001v2"])
def test_a_paper_is_explained_under_every_usual_name(house: Service, web: httpx2.Client, name: str) -> None:
    let_trend(house.database)
    said = words(web.get(f"/trend/{name}"))
    assert "Top 2 % of cs.CL papers of its age : rank 1 of 3 on Tuesday, 17 March 2026" in said
    assert "Chance of beating nine in ten past papers 81 %" in said


def test_the_parts_on_the_page_add_up_to_the_strength_on_the_page(house: Service, web: httpx2.Client) -> None:
    let_trend(house.database)
    table = tree(web.get(FIRST)).xpath("//table[@class='sum']")[0]
    *parts, whole = [float(cell.text.replace("−", "-")) for cell in table.xpath(".//td")]
    assert (parts, whole) == ([4.12, 1.35, 0.93], 6.4)
    assert round(sum(parts), 2) == whole


def test_the_plot_has_a_title_a_description_and_all_its_numbers_in_a_table(house: Service, web: httpx2.Client) -> None:
    let_trend(house.database)
    answer = web.get(FIRST)
    page = tree(answer)
    [plot] = page.xpath("//svg")
    assert plot.get("role") == "img"
    named = [page.get_element_by_id(name).text for name in plot.get("aria-labelledby").split()]
    assert named[0] == "upvotes (huggingface) over time"
    assert "From 0 on 2026-03-17 00:00 to 45 on 2026-03-17 09:00 UTC" in named[1]
    assert plot.xpath("polyline")[0].get("points").split() == ["0.0,80.0", "200.0,71.1", "400.0,44.4", "600.0,0.0"]
    cells = [[cell.text for cell in row] for row in page.xpath("//div[contains(@class, 'numbers')]//tbody/tr")]
    assert cells[0] == ["2026-03-17 00:00", "0", None]
    assert cells[-1] == ["2026-03-17 09:00", "45", "2"]
    assert not re.findall(r"(?:style|fill|stroke)=", answer.text), "the style sheet colours it, light and dark"


def test_a_paper_without_counts_or_edition_is_shown_without_them(house: Service, web: httpx2.Client) -> None:
    let_trend(house.database)
    assert "What was counted Nothing yet." in words(web.get(f"/trend/{paper(3).key}"))


@pytest.mark.parametrize("name", ["2603.09999", "nobody", "10.1101/5", "title:0", "%00", "..%2f..%2fetc", "x" * 3000])
def test_an_unknown_paper_is_not_found_and_the_page_says_what_to_do(
    house: Service, web: httpx2.Client, name: str
) -> None:
    let_trend(house.database)
    answer = web.get(f"/trend/{name}")
    assert answer.status_code == 404
    assert "name it by arXiv id or DOI" in answer.text


def test_looking_at_trend_changes_no_row_and_may_be_kept_by_a_cache(house: Service, web: httpx2.Client) -> None:
    let_trend(house.database)
    before = rows(house)
    for path in ("/trend", "/trend?page=7", FIRST, "/trend/nobody"):
        for method in ("GET", "HEAD", "GET"):
            answer = web.request(method, path)
            assert answer.headers["Cache-Control"] == ("no-cache" if answer.is_error else "public, max-age=300")
            assert not answer.cookies
        assert web.post(path).status_code == 405
    assert rows(house) == before


def test_trend_is_linked_from_the_first_page_and_the_administrators(house: Service, web: httpx2.Client) -> None:
    assert 'href="/trend"' in web.get("/").text.rpartition("<footer>")[2]
    rooms = tree(web.get("/admin", auth=("a", "a password"))).xpath("//nav[@class='rooms']//a/@href")
    assert "/trend" in rooms
