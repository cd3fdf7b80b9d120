"""A collect run killed anywhere and begun again ends in the same rows as one that was left alone."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from digest.resources import resource_dir
from digest.store.database import Database
from digest.store.tables import listings, paper_names, papers, signals

DAY = "2026-03-18"
FILES = ("arxiv.xml", "huggingface.json", "huggingface_yesterday.json")
KILLS = 20
CHILD = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from digest.cli import app
left = int(sys.argv.pop(1))

@event.listens_for(Engine, "before_cursor_execute")
def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

try:
    app()
finally:
    print("statements left:", left, file=sys.stderr)
"""


def collect(folder: Path, *, kill_after: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `digest collect` in a folder; with `kill_after`, it is killed before that SQL statement."""
    files = [part for name in FILES for part in ("--file", str(resource_dir("sample") / DAY / name))]
    words = ["collect", "--day", DAY, "--observed-at", f"{DAY}T08:30Z", *files]
    command = [sys.executable, "-W", "ignore", "-c", CHILD, str(kill_after or -1), *words]
    told = {"DIGEST_DATABASE_URL": "sqlite:///digest.sqlite3"}
    folder.mkdir(exist_ok=True)
    return subprocess.run(command, cwd=folder, env=os.environ | told, capture_output=True, text=True, check=False)


def rows(folder: Path) -> dict[str, set[Any]]:
    """Give what is held, by what papers are called and not by the numbers of their rows."""
    database = Database(f"sqlite:///{folder / 'digest.sqlite3'}")
    named = papers.c.key
    facts = [column for column in papers.c if column.name not in {"id", "first_seen_at"}]
    with database.reading() as connection:
        held = {
            "papers": connection.execute(select(*facts)),
            "names": connection.execute(select(named, paper_names.c.name).join(papers)),
            "listings": connection.execute(select(named, listings.c.source, listings.c.listed_on).join(papers)),
            "signals": connection.execute(
                select(named, signals.c.kind, signals.c.observed_at, signals.c.value).join(papers)
            ),
        }
        found = {name: {repr(tuple(row)) for row in result} for name, result in held.items()}
    database.close()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, set[Any]], int]:
    """Give the rows of an uninterrupted run, and how many statements it took."""
    folder = tmp_path_factory.mktemp("whole")
    ended = collect(folder)
    assert ended.returncode == 0, ended.stderr
    return rows(folder), -1 - int(ended.stderr.rpartition("statements left:")[2])


@pytest.mark.parametrize("point", random.Random(2026).sample(range(1, 1000), KILLS))
def test_a_killed_collect_run_again_gives_the_same_rows(
    whole: tuple[dict[str, set[Any]], int], tmp_path: Path, point: int
) -> None:
    expected, statements = whole
    killed = collect(tmp_path, kill_after=max(1, statements * point // 1000))
    assert killed.returncode == -signal.SIGKILL
    again = collect(tmp_path)
    assert again.returncode == 0, again.stderr
    assert rows(tmp_path) == expected
