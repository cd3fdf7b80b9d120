"""SpamAssassin, by its local tests alone, reads the mails: a mail that looks like spam is one nobody gets."""

import re
from pathlib import Path

import pytest

from tests.judges.mails import Mail
from tests.judges.programs import needs, said_by

pytestmark = [needs("spamassassin"), pytest.mark.timeout(600)]
WRONG = b"From: <a@example.org>\nSubject: FREE MONEY NOW\nContent-Type: text/html\n\n<p>ACT NOW, 100% FREE MONEY</p>\n"
MOST, MOST_OF_ONE_RULE = 0.0, 0.5


def scores_of(body: bytes, home: Path) -> dict[str, float]:
    """Give what every rule that met a mail adds."""
    (home / "prefs").write_text("add_header all Rules _TESTSSCORES(,)_\nreport_safe 0\nuse_bayes 0\n")
    asked = ("-L", "--prefspath", home / "prefs", "--nocreate-prefs")
    told = said_by("env", f"HOME={home}", "spamassassin", *asked, given=body).decode("utf-8", "replace")
    header = re.search(r"^X-Spam-Rules:((?:.*\n)(?:[ \t].*\n)*)", told, re.MULTILINE)
    assert header is not None, told[:1000]
    rules = "".join(header[1].split())
    return {name: float(score) for name, score in re.findall(r"([A-Z0-9_]+)=(-?[\d.]+)", rules)}


def test_no_mail_looks_like_spam(mails: list[Mail], tmp_path: Path) -> None:
    assert sum(scores_of(WRONG, tmp_path).values()) > 2, "a wrong mail must be found wrong"
    met = {mail.name: scores_of(mail.body, tmp_path) for mail in mails}
    told = [f"{name}: {round(sum(rules.values()), 3)} by {rules}" for name, rules in met.items() if is_spammy(rules)]
    assert not told, "\n".join(told)


def is_spammy(rules: dict[str, float]) -> bool:
    """Whether the sum, or one rule by itself, is more than a mail of ours may have."""
    return round(sum(rules.values()), 3) > MOST or max(rules.values(), default=0) >= MOST_OF_ONE_RULE
