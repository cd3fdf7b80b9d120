"""Before the address is confirmed: what would have come, shown for whatever was typed, kept of nothing."""

from typing import Any

import pytest

from digest.links import Purpose
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


@pytest.mark.parametrize("path", ["/try", "/subscribe"])
def test_a_topic_that_looks_like_a_web_address_is_refused_at_its_field(room: Room, path: str) -> None:
    before = room.rows()
    answer = room.web.post(path, data=TYPED | {"topics": "win at www.x.example", "address": NEW})
    assert answer.status_code == 422
    assert "looks like a web address." in tree(answer).get_element_by_id("topics-wrong").text
    assert room.rows() == before


@pytest.mark.parametrize(("utf8", "form"), [(False, "email"), (True, "text")])
def test_where_addresses_beyond_ascii_are_taken_no_browser_is_asked_to_refuse_them(
    room: Room, utf8: bool, form: str
) -> None:
    room.house.settings = room.house.settings.model_copy(update={"utf8_addresses": utf8})
    field = tree(room.web.get("/")).get_element_by_id("address")
    assert (field.get("type"), field.get("autocomplete")) == (form, "email")
    assert field.get("inputmode") == ("email" if utf8 else None)


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
        (
            {"liked": "\n".join(f"2603.{n:05d}" for n in range(1, 202))},
            "liked",
            "At most 200 liked papers can be named at sign-up",
        ),
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


@pytest.mark.parametrize(("path", "limit"), [("/try", SAMPLES), ("/subscribe", SIGN_UPS)])
def test_a_try_with_a_mistake_counts_like_every_other(room: Room, path: str, limit: str) -> None:
    wrong = {"address": NEW, "liked": "milk"}
    answers = [room.web.post(path, data=wrong).status_code for _ in range(int(limit.split()[0]) + 1)]
    assert answers == [422] * int(limit.split()[0]) + [429]


def test_topics_of_strangers_are_never_kept(room: Room) -> None:
    room.web.post("/try", data=TYPED)
    desk = room.house.desk()
    assert desk is not None
    for number in range(3):
        typed = {"topics": f"author: Ann Lee {number}\ncs.CL\nprotein {number}", "never": f"phrase {number}"}
        assert room.web.post("/try", data=TYPED | typed).status_code == 200
    assert room.house.desk() is desk
    assert (desk._members, desk._words) == ({}, {})
    assert "alike" in vars(desk), "what is the same for all is worked out once"


@pytest.mark.parametrize(
    "typed", [{"topics": "author: Ann {}"}, {"never": "phrase {}"}, {"less": "organisation: Lab {}"}]
)
def test_a_stranger_names_ten_topics_that_every_paper_is_read_for_and_no_more(
    room: Room, typed: dict[str, str]
) -> None:
    [(field, line)] = typed.items()
    ten, eleven = ({field: "\n".join(line.format(n) for n in range(count))} for count in (10, 11))
    assert room.web.post("/try", data=TYPED | ten).status_code == 200
    refused = room.web.post("/try", data=TYPED | eleven)
    assert refused.status_code == 422
    assert "name at most 10 people, places and phrases never to show, not 11" in words(refused)
    signed = room.web.post("/subscribe", data=TYPED | eleven | {"address": NEW})
    assert (signed.status_code, titles(signed)) == (200, [])
    assert "Look into your inbox" in words(signed)
    assert (
        room.web.post("/try", data=TYPED | {"topics": "\n".join(f"phrase {n}" for n in range(40))}).status_code == 200
    )


def test_a_phrase_that_no_paper_here_uses_is_named_and_one_that_some_use_is_not(room: Room) -> None:
    typed = {"topics": "zymurgy <b>\nrobot manipulation\nauthor: Zoe Zymurg\nof the\nrobot zymurgy", "never": "zythum"}
    for answer in (
        room.web.post(room.path(Purpose.PREFERENCES), data=typed),
        room.web.post("/try", data=typed),
        room.web.post("/subscribe", data=typed | {"address": "kim@readers.example"}),
    ):
        said = words(answer)
        assert (
            "No paper here uses these words yet, or they are too common to tell papers apart: zymurgy <b> , of the ."
            in said
        )
    room.web.post(room.path(Purpose.PREFERENCES), data={"topics": "robot manipulation", "never": ""})
    assert "No paper here uses" not in words(room.web.get(room.path(Purpose.PREFERENCES)))


def test_who_confirms_is_shown_the_way_to_the_own_preferences_and_by_looking_nobody_is(room: Room) -> None:
    room.web.post("/subscribe", data=TYPED | {"address": NEW})
    [asked] = room.rows()["confirmations"]
    path = f"/{Purpose.CONFIRM}/{room.house.links.link(Purpose.CONFIRM, asked.id).rpartition('/')[2]}"
    assert "/p/" not in room.web.get(path).text
    [link] = tree(room.web.post(path)).xpath("//main//a/@href")
    assert NEW in words(room.web.get(link))
    assert "Your preferences" in words(room.web.get(link))


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
