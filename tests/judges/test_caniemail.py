"""The data of caniemail.com: what Gmail, Outlook, Apple Mail and Yahoo do not support of what the mails use."""

from pathlib import Path

from tests.judges.mails import Mail
from tests.judges.programs import HERE, needs, told_by_node, written

pytestmark = needs("node", module="caniemail")


def enhancements() -> dict[str, str]:
    """Give what a mail may use although somebody does not support it, each with why nothing is lost without it."""
    lines = (HERE / "enhancements.txt").read_text("utf-8").splitlines()
    return {line.partition(": ")[0]: line.partition(": ")[2] for line in lines if not line.startswith("# ")}


def test_what_a_large_mail_program_does_not_support_is_an_enhancement(every_mail: list[Mail], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text("<!DOCTYPE html><html><body><p style='display:grid'>A</p></body></html>", encoding="utf-8")
    told = told_by_node("caniemail.mjs", *written(every_mail, tmp_path, "html"), wrong)
    assert "display:grid" in told.pop("wrong"), "a wrong page must be found wrong"
    met = {feature: f"{name}: {', '.join(who)}" for name, found in told.items() for feature, who in found.items()}
    known = enhancements()
    new = sorted(f"{feature} ({where})" for feature, where in met.items() if feature not in known)
    assert not new, "\n".join(new)
    assert sorted(set(known) - set(met)) == [], "no mail uses these any more: take them off the list"
