"""What is said is checked: every setting and command stands in the README, and its commands work."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import app
from digest.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[str]:
    from typer.main import get_command

    whole = get_command(app)
    found = []
    for name, command in whole.commands.items():  # type: ignore[attr-defined]
        found += [f"{name} {inner}" for inner in command.commands] if hasattr(command, "commands") else [name]
    return found


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme(name: str) -> None:
    field = Settings.model_fields[name]
    row = next((line for line in README.splitlines() if line.startswith(f"| `DIGEST_{name.upper()}`")), "")
    assert row, f"the README has no row for DIGEST_{name.upper()}"
    assert str(field.description) in row


@pytest.mark.parametrize("name", commands())
def test_every_command_is_in_the_readme_and_explains_itself(name: str) -> None:
    assert f"`digest {name}`" in README
    said = CliRunner().invoke(app, [*name.split(), "--help"])
    assert said.exit_code == 0
    assert "Usage:" in said.output


def test_every_command_the_readme_names_exists() -> None:
    known = {tuple(name.split()) for name in commands()}
    for words in re.findall(r"`digest ([a-z]+(?: [a-z]+)?)[^`]*`", README):
        parts = tuple(words.split())
        assert parts in known or parts[:1] in known, f"digest {words}"


def test_the_test_command_of_the_readme_is_what_ci_runs() -> None:
    command = next(line for line in README.splitlines() if ".venv/bin/pytest" in line)
    assert command in (ROOT / ".ci" / "run").read_text("utf-8")


def test_versions_are_pinned_without_addresses() -> None:
    pins = (ROOT / "constraints.txt").read_text("utf-8").split()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", pin) for pin in pins)
    assert {name.lower().split("==")[0].replace("_", "-") for name in pins} >= {"sqlalchemy", "css-inline", "httpx2"}
