"""axe in Chromium looks at the mails: whoever cannot see well, has a small screen, dark colours or no images."""

from pathlib import Path

import pytest

from tests.judges.mails import Mail
from tests.judges.programs import needs, path_of, told_by_node, written

pytestmark = [needs("node", "chromium", module="axe-core"), pytest.mark.timeout(1800)]
WRONG = """<!DOCTYPE html><html lang="en"><head><title>A</title></head><body>
<img src="http://127.0.0.1:9/a.png" width="900" height="9"><p style="color:#999;background:#fff">pale</p></body>"""


def test_every_view_is_accessible_and_fits_and_asks_no_host(
    mails: list[Mail], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", path_of("chromium"))
    wrong = tmp_path / "wrong.html"
    wrong.write_text(WRONG, encoding="utf-8")
    told = told_by_node("axe.mjs", *written(mails, tmp_path, "html"), wrong)
    found = "\n".join(one for one in told if one.startswith("wrong,"))
    for kind in ("image-alt", "color-contrast", "pixels wide", "asks for http"):
        assert kind in found, "a wrong page must be found wrong"
    complaints = [one for one in told if not one.startswith("wrong,")]
    assert not complaints, "\n".join(complaints)
