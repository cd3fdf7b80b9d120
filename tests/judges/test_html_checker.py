"""The Nu HTML checker, W3C's own, reads the HTML of the mails."""

import json
import subprocess
from pathlib import Path

from tests.judges.mails import Mail
from tests.judges.programs import MODULES, needs, written

JAR = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
OUTLOOKS_OWN = ".*mso-[a-z-]+.*"
"""Properties only Outlook knows are the one thing that is let pass."""
pytestmark = needs("java", module="vnu-jar")


def errors_in(paths: list[Path]) -> list[str]:
    command = ["java", "-jar", str(JAR), "--errors-only", "--format", "json", "--filterpattern", OUTLOOKS_OWN]
    ran = subprocess.run([*command, *map(str, paths)], capture_output=True, timeout=280)
    told = json.loads(ran.stderr)["messages"]
    return [f"{Path(one['url']).stem}, line {one.get('lastLine')}: {one['message']}" for one in told]


def test_the_html_of_every_kind_of_mail_has_no_error(mails: list[Mail], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text("<!DOCTYPE html><html><head><title>A</title></head><body><img src='a'><p><table></body></html>")
    told = errors_in([*written(mails, tmp_path, "html"), wrong])
    assert any(one.startswith("wrong,") for one in told), "a wrong page must be found wrong"
    complaints = [one for one in told if not one.startswith("wrong,")]
    assert not complaints, "\n".join(complaints)
