"""Preferences: every wish has its field; liked papers are added, taken back and forgotten; GET looks."""

import json
from typing import Any

import pytest

from digest.domain.profile import Stance
from digest.domain.subscriber import Layout, Wishes
from digest.domain.wished import rhythm
from digest.links import Purpose
from digest.web.guards import MOST_BYTES, MOST_PAPERS_BYTES
from tests.builders import paper
from tests.web.conftest import Room, tree, words

XSS = "<script>alert(1)</script> & 'x' \"y\""
BIBTEX = "@article{a, title={On folding of proteins}, eprint={2603.00001}}\n@article{b, author={Nobody}}\n"


def wishes(room: Room) -> Wishes:
    return room.house.reader(Purpose.PREFERENCES, room.path(Purpose.PREFERENCES)[3:]).wishes


def saying(wishes: Wishes, stance: Stance) -> list[str]:
    return [topic.typed for topic in wishes.topics if topic.stance is stance]


def papers_path(room: Room) -> str:
    return f"{room.path(Purpose.PREFERENCES)}/papers"


def test_every_field_has_a_label_and_what_describes_it_is_there(room: Room) -> None:
    page = tree(room.web.get(room.path(Purpose.PREFERENCES)))
    labelled = set(page.xpath("//label/@for"))
    fields = page.xpath("//main//*[self::input or self::select or self::textarea]/@id")
    assert labelled == set(fields)
    assert {"topics", "less", "never", "breadth", "bar", "minutes", "papers", "file"} <= labelled
    described = " ".join(page.xpath("//@aria-describedby")).split()
    assert set(described) <= set(page.xpath("//@id"))
    assert not page.xpath("//@style | //script")


def test_looking_changes_no_row_and_nothing_is_kept_by_a_cache(room: Room) -> None:
    before, path = room.rows(), room.path(Purpose.PREFERENCES)
    for method in ("GET", "HEAD"):
        answer = room.web.request(method, path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    for rest in ("papers", "forget"):
        assert room.web.get(f"{path}/{rest}").status_code == 405
    assert room.rows() == before


def test_what_was_saved_is_kept_said_and_shown_again(room: Room) -> None:
    typed = {"topics": 'protein design + folding\nauthor: Ann Lee\n"robots"', "less": "benchmarks", "never": "music"}
    typed |= {"minutes": "30", "breadth": "80", "bar": "0", "layout": "compact", "quiet_days": "yes"}
    answer = room.web.post(room.path(Purpose.PREFERENCES), data=typed)
    kept = wishes(room)
    assert saying(kept, Stance.FOLLOW) == typed["topics"].split("\n")
    assert (saying(kept, Stance.LESS), saying(kept, Stance.NEVER)) == (["benchmarks"], ["music"])
    assert (kept.minutes, kept.breadth, kept.bar) == (30, 0.8, 0)
    assert (kept.layout, kept.quiet_days) == (Layout.COMPACT, True)
    said = words(answer)
    assert (
        'You follow protein design + folding, author: Ann Lee, "robots". Shown less: benchmarks. Never shown: music.'
        in said
    )
    assert "At most 30 minutes of reading. Mixed 80 of 100; a paper must fit 0 of 100." in said
    assert "Layout: compact. When there is nothing for you, a short mail says so." in said
    page = tree(room.web.get(room.path(Purpose.PREFERENCES)))
    assert page.get_element_by_id("topics").text.strip() == typed["topics"]
    assert page.get_element_by_id("breadth").get("value") == "80"
    assert page.xpath("//select/option[@selected]/@value")[-2:] == ["compact", "yes"]
    assert room.web.post(room.path(Purpose.PREFERENCES), data={}).status_code == 200
    assert wishes(room) == kept, "what is not sent stays as it is"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("minutes", "181", "An issue may take 0 to 180 minutes, not 181."),
        ("minutes", "x", "Type a whole number, not 'x'."),
        ("breadth", "101", "Choose a number from 0 to 100, not 101."),
        ("bar", "-1", "Choose a number from 0 to 100, not -1."),
        ("trend_weight", "700", "Choose a number from 0 to 100, not 700."),
        ("less", "x" * 300, "A topic has at most 200 characters"),
        *((name, "see http://x.example", "looks like a web address.") for name in ("topics", "less", "never")),
        ("never", "ROBOT manipulation", "stands in two of the fields"),
    ],
)
def test_a_mistake_stands_at_its_field_and_nothing_is_kept(room: Room, field: str, typed: str, said: str) -> None:
    before = room.rows()
    answer = room.web.post(room.path(Purpose.PREFERENCES), data={field: typed})
    assert answer.status_code == 422
    wrong = tree(answer).get_element_by_id(f"{field}-wrong")
    assert said in wrong.text
    at = tree(answer).get_element_by_id(field)
    assert at.get("aria-invalid") == "true"
    assert f"{field}-wrong" in at.get("aria-describedby")
    assert typed in (at.get("value") or at.text)
    assert room.rows() == before


@pytest.mark.parametrize(
    ("field", "said"),
    [("layout", "Choose one of compact, normal, full."), ("quiet_days", "Choose one of yes, no.")],
)
def test_a_choice_that_is_not_offered_is_refused_with_those_that_are(room: Room, field: str, said: str) -> None:
    before = room.rows()
    answer = room.web.post(room.path(Purpose.PREFERENCES), data={field: "wide"})
    assert (answer.status_code, tree(answer).get_element_by_id(f"{field}-wrong").text) == (422, said)
    assert room.rows() == before


def test_the_words_found_beside_a_phrase_are_shown_as_they_can_be_typed(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"robot manipulation": ("grasping", XSS, "arms"), "embodied agents": ()}
    monkeypatch.setattr(room.house, "beside", lambda topics: found)
    answer = room.web.get(room.path(Purpose.PREFERENCES))
    assert "<script" not in answer.text
    [box] = tree(answer).xpath("//div[@class='beside']")
    [line] = [" ".join(one.text_content().split()) for one in box.xpath(".//li")]
    assert line.startswith(f"With robot manipulation we also look for: grasping, {XSS}, arms. Not right? Write: ")
    assert line.endswith(f"Write: robot manipulation + grasping, {XSS}, arms"), "what is typed counts as what was found"


def test_topics_are_never_read_as_markup(room: Room) -> None:
    answer = room.web.post(
        room.path(Purpose.PREFERENCES), data={"topics": XSS, "less": f"{XSS} 2", "never": f"{XSS} 3"}
    )
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert f"You follow {XSS}. Shown less: {XSS} 2." in words(answer)


def test_typed_ids_are_liked_listed_and_can_each_be_taken_back(room: Room) -> None:
    answer = room.web.post(papers_path(room), data={"papers": f"{paper(1).key}\n2603.00002\n2501.09999\n"})
    said = words(answer)
    assert "3 papers added. For 1 of them only the id is known yet" in said
    assert "You like 3 papers and dislike 0. Five to ten" in said
    assert len(room.rows()["reactions"]) == 3
    [*_, last] = tree(answer).xpath("//li//form")
    room.web.post(last.get("action"), data={"wish": "neither"})
    assert len(room.rows()["reactions"]) == 2


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("mine.bib", BIBTEX),
        ("mine.ris", "TY  - JOUR\nTI  - On folding of proteins\nDO  - 10.1101/2020.01.01.123\nER  - \n"),
        ("mine.json", json.dumps([{"title": "On folding of proteins", "DOI": "10.1101/2020.01.01.123"}])),
        ("ids.txt", "arXiv:2603.00001v2\n"),
    ],
)
def test_a_file_of_every_kind_is_taken(room: Room, name: str, body: str) -> None:
    answer = room.web.post(papers_path(room), data={"papers": ""}, files={"file": (name, body.encode())})
    assert answer.status_code == 200
    assert "1 paper added." in words(answer)
    assert len(room.rows()["reactions"]) == 1


def test_what_could_not_be_read_is_named_the_first_ten_and_the_others_counted(room: Room) -> None:
    lines = "\n".join(["2603.00001", *(f"<script>{n}</script>" for n in range(14))])
    answer = room.web.post(papers_path(room), data={"papers": lines})
    assert "1 paper added." in words(answer)
    assert "<script" not in answer.text
    [named] = tree(answer).xpath("//div[@role='status']/ul")
    assert len(named.xpath("li")) == 10
    assert "And 4 more." in words(answer)


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({}, "papers", "Type ids or addresses, or choose a file."),
        ({"data": {"papers": " \n "}}, "papers", "Type ids or addresses, or choose a file."),
        ({"data": {"papers": "milk & <eggs>"}}, "papers", "holds no paper"),
        ({"files": {"file": ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00")}}, "file", ""),
        ({"files": {"file": ("empty.bib", b"")}}, "papers", "choose a file"),
    ],
)
def test_what_is_no_list_of_papers_is_refused_at_its_field(
    room: Room, sent: dict[str, Any], field: str, said: str
) -> None:
    before = room.rows()
    answer = room.web.post(papers_path(room), **sent)
    assert answer.status_code == 422
    assert said in tree(answer).get_element_by_id(f"{field}-wrong").text
    typed = sent.get("data", {}).get("papers", "").strip()
    assert typed in (tree(answer).get_element_by_id("papers").text or "")
    assert room.rows() == before


def test_a_good_field_is_kept_beside_a_bad_file(room: Room) -> None:
    answer = room.web.post(papers_path(room), data={"papers": "2603.00001"}, files={"file": ("a.bib", b"milk")})
    assert "1 paper added." in words(answer)
    assert tree(answer).get_element_by_id("file-wrong").text
    assert len(room.rows()["reactions"]) == 1


def test_a_file_of_papers_may_be_large_and_every_other_body_may_not(room: Room) -> None:
    text = "\n".join(["2603.00001", "x" * (MOST_BYTES + 1)])
    assert room.web.post(papers_path(room), files={"file": ("ids.txt", text.encode())}).status_code == 200
    before = room.rows()
    too_large = b"2603.00002\n" + b" " * MOST_PAPERS_BYTES
    answer = room.web.post(papers_path(room), files={"file": ("ids.txt", too_large)})
    assert answer.status_code == 413
    assert "up to 8 MB" in words(answer)
    assert "up to 8 MB" in tree(room.web.get(room.path(Purpose.PREFERENCES))).get_element_by_id("file-hint").text
    for path in (room.path(Purpose.PREFERENCES), f"{room.path(Purpose.PREFERENCES)}/papers/x", "/subscribe", "/try"):
        assert room.web.post(path, data={"topics": "x" * MOST_BYTES}).status_code in {404, 413}
    assert room.rows() == before


def test_what_is_too_large_names_the_limit_and_leads_back_to_its_form(room: Room) -> None:
    own = room.path(Purpose.PREFERENCES)
    feedback = f"{room.path(Purpose.FEEDBACK)}/{room.issue().entries[0].paper_id}/less"
    backs = {own: own, "/subscribe": "/#sign-up", "/try": "/#sign-up", feedback: feedback}
    for path, back in backs.items():
        answer = room.web.post(path, data={"topics": "x" * MOST_BYTES})
        assert answer.status_code == 413
        assert "up to 64 KB" in words(answer)
        assert tree(answer).xpath("//main//a/@href") == [back, "/"]
        assert room.web.get(back).status_code == 200
    answer = room.web.post(papers_path(room), files={"file": ("ids.txt", b" " * (MOST_PAPERS_BYTES + 1))})
    assert tree(answer).xpath("//main//a/@href") == [own, "/"]
    for path in ("//readers.example/p/1.x", "/p/x"):
        assert tree(room.web.post(path)).xpath("//main//a/@href") == ["/"], "there is no form to go back to"


def test_two_files_or_a_file_where_none_is_asked_for_are_refused(room: Room) -> None:
    before = room.rows()
    two = [("file", ("a.txt", b"2603.00001")), ("file", ("b.txt", b"2603.00002"))]
    assert room.web.post(papers_path(room), files=two).status_code == 400
    for path in (room.path(Purpose.PREFERENCES), "/subscribe", "/try"):
        assert room.web.post(path, files={"topics": ("a.txt", b"robots")}).status_code == 400
    assert room.rows() == before


def test_forgetting_takes_every_reaction_and_nothing_else(room: Room) -> None:
    room.web.post(papers_path(room), data={"papers": "2603.00001\n2603.00002"})
    kept = wishes(room)
    answer = room.web.post(f"{room.path(Purpose.PREFERENCES)}/forget")
    assert "Papers you liked or disliked" in words(answer)
    assert "Forgotten. 2 papers you had liked or disliked no longer count" in words(answer)
    assert room.rows()["reactions"] == []
    assert wishes(room) == kept
    assert not tree(answer).xpath("//form[contains(@action, '/forget')]"), "there is nothing left to forget"
    assert room.told().forgotten == 2


def test_what_the_saved_notice_and_the_choices_say_of_a_cadence_is_what_mails_say(room: Room) -> None:
    answer = room.web.post(room.path(Purpose.PREFERENCES), data={"frequency": "weekly", "hour": "9"})
    said = rhythm(wishes(room).cadence)
    assert said == "every Friday at 09:00 (Europe/Berlin)"
    assert f"Saved. From now on, {said}: up to" in words(answer)
    options = tree(answer).xpath("//select[@id='frequency']/option")
    assert [(one.get("value"), one.text) for one in options] == [
        ("daily", "Every day"), ("weekdays", "Monday to Friday"), ("weekly", "Every Friday"),
    ]  # fmt: skip


def test_a_long_list_shows_the_newest_fifty_and_counts_them_all(room: Room) -> None:
    answer = room.web.post(papers_path(room), data={"papers": "\n".join(f"2603.{n:05d}" for n in range(1, 61))})
    assert len(tree(answer).xpath("//section[@id='liked']/ul/li")) == 50
    assert "You like 60 papers and dislike 0." in words(answer)
    assert "The last 50, newest first:" in words(answer)


@pytest.mark.parametrize("rest", ["", "/papers", "/forget"])
def test_a_forged_token_or_one_of_another_purpose_opens_nothing(room: Room, rest: str) -> None:
    before, own = room.rows(), room.path(Purpose.PREFERENCES)[3:]
    for token in (room.path(Purpose.FEEDBACK)[3:], own.swapcase(), "1", "x" * 500):
        answer = room.web.post(f"/p/{token}{rest}", files={"file": ("a.txt", b"2603.00001")} if rest else None)
        assert answer.status_code == 400
        assert "This link was altered" in words(answer)
    assert room.rows() == before
