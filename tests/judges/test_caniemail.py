"""The data of caniemail.com: what Gmail, Outlook, Apple Mail and Yahoo do not support of what the mails use."""

import re
from pathlib import Path

from tests.judges.mails import Mail
from tests.judges.programs import HERE, needs, told_by_node, written
from tests.judges.reading import inside, page_of

NEVER = (
    r"(font-size|letter-spacing|line-height):[^;]*(em|%)",
    r"(margin[a-z-]*|letter-spacing):[^;]*-\d",
    r"font-weight:\s*\d",
    r"line-height:[^;]*px",
    r"text-align:\s*(start|end)",
    r"text-transform:\s*lowercase",
    r"border(-(left|right|top|bottom))?:\s*([4-9]|\d\d)",
)
"""What the list says is never used of the features that are supported in part."""
SIZED = "contains(translate(@style, ' ', ''), ';{0}:') or starts-with(@style, '{0}:')"
PLACED = {"height": {"td", "table"}, "width": {"td", "table"}, "border-left": {"td"}, "border-bottom": {"td"}}
"""Where alone it may stand: elsewhere Outlook does not know it."""


def enhancements() -> dict[str, str]:
    """Give what a mail may use although somebody does not support it, each with why nothing is lost without it."""
    lines = (HERE / "enhancements.txt").read_text("utf-8").splitlines()
    return {line.partition(": ")[0]: line.partition(": ")[2] for line in lines if not line.startswith("# ")}


@needs("node", module="caniemail")
def test_what_a_large_mail_program_does_not_support_is_an_enhancement(every_mail: list[Mail], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text("<!DOCTYPE html><html><body><p style='display:grid'>A</p></body></html>", encoding="utf-8")
    told = told_by_node("caniemail.mjs", *written(every_mail, tmp_path, "html"), wrong)
    assert {"display:grid", "partly display"} <= set(told.pop("wrong")), "a wrong page must be found wrong"
    met = {feature: f"{name}: {', '.join(who)}" for name, found in told.items() for feature, who in found.items()}
    known = enhancements()
    new = sorted(f"{feature} ({where})" for feature, where in met.items() if feature not in known)
    assert not new, "\n".join(new)
    assert sorted(set(known) - set(met)) == [], "no mail uses these any more: take them off the list"


def test_what_is_said_never_to_be_used_is_never_used(every_mail: list[Mail]) -> None:
    for mail in every_mail:
        page = page_of(mail)
        styles = " ; ".join(map(str, inside(page, "//@style | //style/text()")))
        assert [found[0] for pattern in NEVER for found in re.finditer(pattern, styles)] == [], mail.name
        for name, tags in PLACED.items():
            assert {one.tag for one in inside(page, f"//*[{SIZED.format(name)}]")} <= tags, (mail.name, name)
        assert {one.tag for one in inside(page, "//*[@role]")} <= {"table"}, mail.name
        assert {one.tag for one in inside(page, "//*[@lang]")} <= {"html", "table"}, mail.name
