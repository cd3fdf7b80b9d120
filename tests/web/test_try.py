"""Before the address is confirmed: what would have come, shown for whatever was typed, kept of nothing."""

from typing import Any

import pytest

from digest.web.app import SAMPLES, SIGN_UPS
from tests.builders import NOW, paper
from tests.cast import address_of
from tests.web.conftest import HOSTILE, Room, tree, words

TYPED = {"topics": "protein design", "length": "5", "bar": "0", "trend_weight": "0", "breadth": "0"}
NEW = "kim@readers.example"


def titles(answer: Any) -> list[str]:
    return [one.text_content() for one in tree(answer).xpath("//ol//h3")]


def test_showing_first_lists_the_papers_with_their_reasons_and_changes_no_row(room: Room) -> None:
    before = room.rows()
    answer = room.web.post("/try", data=TYPED)
    assert answer.status_code == 200
    assert "What you would have got today" in words(answer)
    assert len(titles(answer)) == 5
    assert "protein design" in titles(answer)[0]
    assert words(answer).count("Why this paper:") == 5
    assert "Why this paper: Near your topic “protein design”" in words(answer)
    assert "Ann Lee, Bo Ek · cs.CL" in words(answer)
    assert tree(answer).get_element_by_id("topics").text.strip() == "protein design", "what was typed stays"
    assert room.rows() == before


def test_there_is_nothing_to_look_at_without_pressing(room: Room) -> None:
    assert room.web.get("/try").status_code == 405


def test_liked_papers_steer_what_is_shown_without_a_topic(room: Room) -> None:
    plain = titles(room.web.post("/try", data=TYPED | {"topics": ""}))
    liked = "\n".join(paper(n).key for n in (3, 8, 13))
    answer = room.web.post("/try", data=TYPED | {"topics": "", "liked": liked})
    assert titles(answer) != plain
    assert "protein design" in titles(answer)[0]


@pytest.mark.parametrize(("count", "is_told"), [(0, False), (3, True), (4, True), (5, False)])
def test_few_liked_papers_are_told_that_five_to_ten_do_much_better(room: Room, count: int, is_told: bool) -> None:
    liked = "\n".join(paper(n).key for n in range(1, count + 1))
    for path in ("/try", "/subscribe"):
        said = words(room.web.post(path, data=TYPED | {"address": NEW, "liked": liked}))
        assert (f"You named {count} papers you liked. Five to ten make this much better" in said) is is_told


def test_signing_up_shows_the_same_papers_and_points_to_the_inbox(room: Room) -> None:
    shown = titles(room.web.post("/try", data=TYPED))
    answer = room.web.post("/subscribe", data=TYPED | {"address": NEW})
    assert "Look into your inbox" in words(answer)
    assert titles(answer) == shown


def test_the_answer_never_tells_whether_an_address_is_known(room: Room) -> None:
    known, new = address_of("ada"), address_of("eva")
    answers = [
        room.web.post("/subscribe", data=TYPED | {"address": one, "liked": paper(4).key}) for one in (known, new)
    ]
    assert answers[0].text.replace(known, new) == answers[1].text


def test_what_was_liked_waits_for_the_confirmation(room: Room) -> None:
    before = room.rows()
    room.web.post("/subscribe", data=TYPED | {"address": NEW, "liked": "2501.09999"})
    after = room.rows()
    assert (after["reactions"], after["papers"]) == (before["reactions"], before["papers"])
    assert "2501.09999" in str(after["confirmations"])


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"liked": "milk & <eggs>"}, "liked", "holds no paper"),
        ({"liked": "\n".join(f"2603.{n:05d}" for n in range(1, 202))}, "liked", "at most 200 papers here, not 201"),
        ({"topics": "x" * 300}, "topics", "at most 200 characters"),
    ],
)
@pytest.mark.parametrize("path", ["/try", "/subscribe"])
def test_a_mistake_stands_at_its_field_and_what_was_typed_stays(
    room: Room, path: str, typed: dict[str, str], field: str, said: str
) -> None:
    before = room.rows()
    answer = room.web.post(path, data=TYPED | {"address": NEW} | typed)
    assert answer.status_code == 422
    assert said in tree(answer).get_element_by_id(f"{field}-wrong").text
    assert tree(answer).get_element_by_id(field).text.strip() == typed[field]
    assert room.rows() == before


def test_lines_that_could_not_be_read_are_named_beside_those_that_could(room: Room) -> None:
    answer = room.web.post("/try", data=TYPED | {"liked": f"{paper(4).key}\n<script>x</script>"})
    assert "1 of the papers you liked could not be read" in words(answer)
    assert "<script" not in answer.text


def test_titles_and_topics_are_never_read_as_markup(room: Room) -> None:
    answer = room.web.post("/try", data=TYPED | {"length": "25", "topics": "alert script\n<script>x</script>"})
    assert HOSTILE in titles(answer)
    assert "<script" not in answer.text


def test_tries_have_a_limit_of_their_own(room: Room) -> None:
    tries, sign_ups = int(SAMPLES.split()[0]), int(SIGN_UPS.split()[0])
    answers = [room.web.post("/try", data={"topics": "", "length": "3"}).status_code for _ in range(tries)]
    assert set(answers) == {200}
    refused = room.web.post("/try", data=TYPED)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "600")
    assert "too many tries" in words(refused)
    assert tree(refused).get_element_by_id("topics").text.strip() == "protein design"
    assert room.web.post("/subscribe", data=TYPED | {"address": NEW}).status_code == 200
    assert sign_ups < tries


def test_a_house_without_an_edition_says_so(room: Room) -> None:
    room.house.now = lambda: NOW.replace(year=2020)
    answer = room.web.post("/try", data=TYPED)
    assert answer.status_code == 200
    assert "the first edition has not been made" in words(answer)


def test_every_field_of_the_first_page_has_a_label_and_both_buttons_work_without_scripts(room: Room) -> None:
    page = tree(room.web.get("/"))
    fields = page.xpath("//main//*[self::input or self::select or self::textarea]/@id")
    assert set(page.xpath("//label/@for")) == set(fields)
    assert {one.text: one.get("formaction") for one in page.xpath("//button")} == {
        "Sign up": None,
        "Show me first": "/try",
    }
    assert not page.xpath("//@style | //script")
