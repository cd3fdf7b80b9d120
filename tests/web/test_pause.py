"""Pausing on the page of preferences: by one press or until a day, said at once, and taken back by one press."""

from datetime import timedelta

import pytest

from digest.domain.subscriber import Status, Subscriber
from digest.links import Purpose
from tests.builders import DAY
from tests.web.conftest import Room, tree, words


def reader(room: Room) -> Subscriber:
    return room.house.reader(Purpose.PREFERENCES, room.path(Purpose.PREFERENCES)[3:])


def pause_path(room: Room) -> str:
    return f"{room.path(Purpose.PREFERENCES)}/pause"


@pytest.mark.parametrize(
    ("typed", "days", "said"),
    [
        ({"weeks": "1"}, 7, "until Tuesday, 24 March 2026."),
        ({"weeks": "2"}, 14, "until Tuesday, 31 March 2026."),
        ({"weeks": "4"}, 28, "until Tuesday, 14 April 2026."),
        ({"until": "2026-03-18"}, 1, "until Wednesday, 18 March 2026."),
        ({"until": "2027-03-17"}, 365, "until Wednesday, 17 March 2027."),
        ({"until": ""}, None, "until you come back."),
    ],
)
def test_a_pause_is_kept_and_said(room: Room, typed: dict[str, str], days: int | None, said: str) -> None:
    answer = room.web.post(pause_path(room), data=typed)
    assert answer.status_code == 200
    assert f"You are paused No issues are sent {said} Resume now" in words(answer)
    assert f"No issues are sent {said}" in words(room.web.get(room.path(Purpose.PREFERENCES)))
    held = reader(room)
    assert held.status is Status.PAUSED
    assert held.resumes_on == (None if days is None else DAY + timedelta(days=days))
    assert said.startswith("until")
    assert (room.told().paused_before, bool(room.told().sentences)) == ("none", True)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"until": "2026-03-17"}, "A pause ends after today, from 2026-03-18 to 2027-03-17."),
        ({"until": "2027-03-18"}, "A pause ends after today"),
        ({"until": "0001-01-01"}, "A pause ends after today"),
        ({"until": "9999-12-31"}, "A pause ends after today"),
        ({"until": "next <b>week</b>"}, "Type a day such as 2026-03-24, not 'next <b>week</b>'."),
        ({"weeks": "3"}, "Choose 1, 2, 4 weeks, or a day."),
        ({"weeks": "999999"}, "Choose 1, 2, 4 weeks, or a day."),
    ],
)
def test_a_day_that_cannot_be_is_said_at_its_field_and_nothing_is_kept(
    room: Room, typed: dict[str, str], said: str
) -> None:
    before = room.rows()
    answer = room.web.post(pause_path(room), data=typed)
    assert answer.status_code == 422
    field = tree(answer).get_element_by_id("until")
    assert said in tree(answer).get_element_by_id("until-wrong").text
    assert (field.get("aria-invalid"), field.get("value")) == ("true", typed.get("until", ""))
    assert room.rows() == before


def test_who_is_paused_can_choose_another_end_or_resume_at_once(room: Room) -> None:
    room.web.post(pause_path(room), data={"weeks": "1"})
    room.web.post(pause_path(room), data={"weeks": "4"})
    page = tree(room.web.get(room.path(Purpose.PREFERENCES)))
    [resume] = page.xpath("//section[@id='pause']//form[contains(@action, '/resume')]/@action")
    answer = room.web.post(resume)
    assert "You are back. The next issue is due on Wednesday, 18 March 2026, at 07:00 (Europe/Berlin)." in words(answer)
    assert (reader(room).status, reader(room).resumes_at) == (Status.ACTIVE, None)
    assert "Take a break" in words(room.web.post(resume)), "pressed twice it is pressed once"


def test_every_button_of_the_section_does_what_it_says(room: Room) -> None:
    page = tree(room.web.get(room.path(Purpose.PREFERENCES)))
    buttons = page.xpath("//section[@id='pause']//button[@name]")
    assert [one.text for one in buttons] == ["1 week", "2 weeks", "4 weeks", "Until I come back"]
    ends = []
    for one in buttons:
        room.web.post(one.getparent().get("action"), data={one.get("name"): one.get("value")})
        ends.append(reader(room).resumes_on)
    assert ends == [DAY + timedelta(weeks=1), DAY + timedelta(weeks=2), DAY + timedelta(weeks=4), None]
    day = page.get_element_by_id("until")
    assert (day.get("min"), day.get("max")) == ("2026-03-18", "2027-03-17")


def test_wishes_saved_while_paused_end_no_pause(room: Room) -> None:
    room.web.post(pause_path(room), data={"weeks": "2"})
    answer = room.web.post(room.path(Purpose.PREFERENCES), data={"length": "5", "zone": "Asia/Tokyo"})
    assert "No issues are sent until Tuesday, 31 March 2026." in words(answer)
    assert "The next issue" not in words(answer)
    assert (reader(room).status, reader(room).wishes.length) == (Status.PAUSED, 5)


def test_looking_pauses_nobody(room: Room) -> None:
    before = room.rows()
    for rest in ("pause", "resume"):
        for method in ("GET", "HEAD"):
            path = f"{room.path(Purpose.PREFERENCES)}/{rest}"
            assert room.web.request(method, path, params={"weeks": "1"}).status_code == 405
    assert room.rows() == before


def test_who_left_is_told_so_and_stays_away(room: Room) -> None:
    room.web.post(room.path(Purpose.LEAVE))
    before, own = room.rows(), room.path(Purpose.PREFERENCES)
    assert not tree(room.web.get(own)).xpath("//section[@id='pause']")
    for rest in ("pause", "resume"):
        answer = room.web.post(f"{own}/{rest}")
        assert answer.status_code == 422
        assert f"This address is unsubscribed, so there is nothing to {rest}." in words(answer)
    assert room.rows() == before


@pytest.mark.parametrize("rest", ["pause", "resume"])
def test_a_forged_token_pauses_nobody(room: Room, rest: str) -> None:
    before = room.rows()
    for token in (room.path(Purpose.LEAVE)[3:], room.path(Purpose.PREFERENCES)[3:].swapcase(), "1"):
        assert room.web.post(f"/p/{token}/{rest}", data={"weeks": "1"}).status_code == 400
    assert room.rows() == before


def test_a_form_that_was_too_large_leads_back(room: Room) -> None:
    answer = room.web.post(pause_path(room), data={"until": "x" * 70_000})
    assert answer.status_code == 413
    assert tree(answer).xpath("//main//a/@href") == [room.path(Purpose.PREFERENCES), "/"]
