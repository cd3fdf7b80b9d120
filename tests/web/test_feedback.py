"""More or less like this: looking names the paper and changes nothing; pressing is kept and shows what it changed."""

import pytest

from digest.links import Purpose
from tests.web.conftest import HOSTILE, Room, tree, words


def said(room: Room) -> dict[int, bool]:
    return {row.paper_id: row.liked for row in room.rows()["reactions"]}


def test_looking_names_the_paper_and_changes_no_row(room: Room) -> None:
    before, first = room.rows(), room.issue().entries[0]
    for way in ("more", "less"):
        for method in ("GET", "HEAD", "GET"):
            answer = room.web.request(method, f"{room.path(Purpose.FEEDBACK)}/{first.paper_id}/{way}")
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert first.title in words(answer)
        assert tree(answer).xpath("//button/@value") == ["more", "less", "neither"]
    assert room.rows() == before


@pytest.mark.parametrize(
    ("way", "button", "kept"),
    [("more", None, True), ("less", None, False), ("more", "less", False), ("less", "more", True)],
)
def test_the_button_decides_and_else_the_link(room: Room, way: str, button: str | None, kept: bool) -> None:
    path = f"{room.path(Purpose.FEEDBACK)}/{room.issue().entries[0].paper_id}/{way}"
    answer = room.web.post(path, data={"wish": button} if button else {})
    assert answer.status_code == 200
    assert said(room) == {room.issue().entries[0].paper_id: kept}
    assert f"You like {int(kept)} paper" in words(answer)
    assert "From now on" in words(answer)
    assert ("Five to ten" in words(answer)) is kept, "more liked papers help nobody who dislikes one"
    assert f"You asked for {'more' if kept else 'less'} like this before." in words(room.web.get(path))


def test_a_forwarded_feedback_link_never_opens_preferences(room: Room) -> None:
    path = f"{room.path(Purpose.FEEDBACK)}/{room.issue().entries[0].paper_id}/more"
    for answer in (room.web.get(path), room.web.post(path), room.web.post(path, data={"wish": "neither"})):
        assert "/p/" not in answer.text
        assert "/u/" not in answer.text
    assert "Your preferences: by the link in your mail." in words(answer)


def press(room: Room, number: int, wish: str) -> str:
    return words(room.web.post(f"{room.path(Purpose.FEEDBACK)}/{number}/{wish}"))


def test_what_moved_nothing_says_which_of_the_reasons_it_is(room: Room) -> None:
    path, first = room.path(Purpose.PREFERENCES), room.issue().entries[0].paper_id
    press(room, first, "more")
    assert "You had said so before, so nothing changes." in press(room, first, "more")
    room.web.post(f"{path}/papers", data={"papers": "2501.09999"})
    [untold] = {row.paper_id for row in room.rows()["reactions"]} - {first}
    said = press(room, untold, "less")
    assert "Noted. The text of this paper is not known here yet; it counts once it is." in said
    room.web.post(f"{path}/forget")
    room.web.post(path, data={"topics": ""})
    assert "so it counts against papers like it from now on." in press(room, first, "less")


def test_what_was_pressed_can_be_taken_back(room: Room) -> None:
    path = f"{room.path(Purpose.FEEDBACK)}/{room.issue().entries[0].paper_id}/more"
    room.web.post(path)
    answer = room.web.post(path, data={"wish": "neither"})
    assert said(room) == {}
    assert "Taken back" in words(answer)
    assert "You like 0 papers now and dislike 0." in words(answer)


@pytest.mark.parametrize("number", ["0", "-1", "999", "2147483648", "9" * 30])
def test_a_paper_that_is_not_there_is_not_found(room: Room, number: str) -> None:
    before, path = room.rows(), f"{room.path(Purpose.FEEDBACK)}/{number}/more"
    assert (room.web.get(path).status_code, room.web.post(path).status_code) == (404, 404)
    assert room.rows() == before


@pytest.mark.parametrize("rest", ["x/more", "1/perhaps", "1.5/less"])
def test_an_address_that_says_nothing_is_refused(room: Room, rest: str) -> None:
    before, path = room.rows(), f"{room.path(Purpose.FEEDBACK)}/{rest}"
    assert (room.web.get(path).status_code, room.web.post(path).status_code) == (422, 422)
    assert room.web.post(f"{room.path(Purpose.FEEDBACK)}/1/more", data={"wish": "all"}).status_code == 422
    assert room.rows() == before


def test_a_forged_token_or_one_of_another_purpose_never_speaks_for_a_reader(room: Room) -> None:
    before, own = room.rows(), room.path(Purpose.FEEDBACK).removeprefix("/f/")
    other = room.path(Purpose.PREFERENCES).removeprefix("/p/")
    for token in (other, own.swapcase(), f"2{own[1:]}", "1", "x" * 500):
        assert room.web.get(f"/f/{token}/1/more").status_code == 400
        assert room.web.post(f"/f/{token}/1/more").status_code == 400
    assert room.rows() == before


def test_a_title_is_never_read_as_markup(room: Room) -> None:
    number = next(row.id for row in room.rows()["papers"] if row.title == HOSTILE)
    path = f"{room.path(Purpose.FEEDBACK)}/{number}/less"
    for answer in (room.web.get(path), room.web.post(path), room.web.get(room.path(Purpose.PREFERENCES))):
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert HOSTILE in words(answer)
