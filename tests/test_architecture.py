"""The house holds: imports go down, one room reads the clock, rooms are short, names say something."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "digest"
FLOORS = {
    "domain": 0, "links": 1, "settings": 1, "settings_mail": 1, "resources": 1, "plot": 1, "journal": 1,
    "sources": 2, "store": 2, "mail": 2,
    "actions": 3, "office": 4, "showing": 4, "asking": 4, "telling": 4, "posting": 4, "due": 4, "liking": 4,
    "pausing": 4, "rehearsing": 4, "meter": 4, "vitals": 4, "receiving": 4, "bookkeeping": 4, "delivering": 4,
    "service": 4, "journeys": 5, "scheduler": 6, "web": 6, "lmtp": 6,
    "console": 7, "opened": 8, "cli_subscribers": 9, "cli_trend": 9, "cli_why": 9, "cli_preview": 9, "cli_post": 9,
    "cli_serve": 9, "cli_dkim": 9, "cli_doctor": 9, "cli_ledger": 9,
    "cli": 10, "__main__": 11, "__init__": -1,
}  # fmt: skip
DOORS = {"scheduler", "web", "console", "opened", "cli", "__main__"}
DOORS |= {"cli_subscribers", "cli_trend", "cli_why", "cli_preview", "cli_post", "cli_serve", "cli_dkim", "cli_doctor"}
DOORS |= {"cli_ledger", "lmtp"}
DOORS_MAY = {"service", "journeys", "domain", "links", "settings", "resources", "plot", "journal"}
DOORS_MAY |= {"__version__"} | DOORS
DOMAIN_MAY = {"numpy", "scipy", "sklearn", "pylatexenc", "wcwidth"}
NAMES_NOT_USED = {"util", "utils", "helper", "helpers", "common", "manager", "handler", "processor", "misc"}
MODULES = sorted(HOUSE.rglob("*.py"))


def name_of(path: Path) -> tuple[str, ...]:
    return path.relative_to(HOUSE).with_suffix("").parts


def imports_of(path: Path) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            whole = tuple((node.module or "").split("."))
            yield from ((*whole, alias.name) if whole == ("digest",) else whole for alias in node.names)


def rooms_imported(path: Path) -> set[tuple[str, ...]]:
    return {found[1:] for found in imports_of(path) if found[0] == "digest" and len(found) > 1}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(name_of(path)))
def test_imports_go_down_and_never_sideways(path: Path) -> None:
    own = name_of(path)
    for other in rooms_imported(path):
        if other[0] in FLOORS and other[0] != own[0]:
            same_floor_files = FLOORS[own[0]] == FLOORS[other[0]] and not (HOUSE / other[0]).is_dir()
            assert FLOORS[other[0]] < FLOORS[own[0]] or same_floor_files, f"{own} imports {other}"


@pytest.mark.parametrize("path", sorted((HOUSE / "actions").glob("*.py")), ids=lambda path: path.stem)
def test_actions_never_import_one_another(path: Path) -> None:
    others = {other for other in rooms_imported(path) if other[0] == "actions"}
    assert others <= {("actions", "report")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(name_of(path)))
def test_doors_import_only_service_journeys_and_nouns(path: Path) -> None:
    if name_of(path)[0] in DOORS:
        assert {other[0] for other in rooms_imported(path)} <= DOORS_MAY


@pytest.mark.parametrize("path", sorted((HOUSE / "domain").glob("*.py")), ids=lambda path: path.stem)
def test_domain_knows_numbers_and_text_only(path: Path) -> None:
    import sys

    foreign = {found[0] for found in imports_of(path)} - set(sys.stdlib_module_names) - {"digest"}
    assert foreign <= DOMAIN_MAY
    assert {found[0] for found in imports_of(path)}.isdisjoint(
        {"os", "socket", "time", "pathlib", "random", "requests"}
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(name_of(path)))
def test_only_the_service_reads_the_clock(path: Path) -> None:
    if name_of(path)[0] in {"service", "office"}:
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            assert (owner, node.func.attr) not in {
                ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
                ("time", "time"), ("time", "monotonic"), ("time", "sleep"),
            }, f"line {node.lineno}"  # fmt: skip


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(name_of(path)))
def test_rooms_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 260
    assert ast.get_docstring(ast.parse(text)), "a module opens with what lives here"
    assert path.stem not in NAMES_NOT_USED


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(name_of(path)))
def test_whatever_is_public_has_a_docstring(path: Path) -> None:
    module = ast.parse(path.read_text("utf-8"))
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    named = [node for node in module.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    named += [node for one in classes for node in one.body if isinstance(node, ast.FunctionDef)]
    for node in named:
        assert node.name.startswith("_") or ast.get_docstring(node), f"line {node.lineno}: {node.name}"


def test_help_needs_no_heavy_room() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from typer.testing import CliRunner; from digest.cli import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "print([name for name in ('sklearn', 'alembic', 'fastapi', 'sqlalchemy', 'numpy') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
