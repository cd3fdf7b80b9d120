"""The wheel holds what the house needs: code, templates, migrations, sample, static."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = (
    "digest/cli.py",
    "digest/templates/email/issue/body.html",
    "digest/templates/email/issue/body.txt",
    "digest/templates/email/issue/subject.txt",
    "digest/templates/email/confirmation/body.html",
    "digest/templates/web/home.html",
    "digest/migrations/env.py",
    "digest/migrations/versions/0001_initial.py",
    "digest/templates/web/site.css",
    "digest/sample/2026-03-17/arxiv.xml",
    "digest/sample/2026-03-19/huggingface.json",
)


def test_the_wheel_holds_what_the_house_needs(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = tmp_path.glob("trending_papers_digest-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    assert held.issuperset(NEEDED)
    shipped = {str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*") if path.is_file()}
    assert {f"digest/{name}" for name in shipped} <= held
    assert not any("tests/" in name or name.endswith(".sqlite3") for name in held)
