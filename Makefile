# What a developer types. The environment is .venv, made by the first target that needs it.
PYTHON ?= python3
BIN := .venv/bin

.venv: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch .venv

.PHONY: test check format demo judge constraints
test: .venv
	$(BIN)/pytest

check: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: .venv
	$(BIN)/digest demo

judge: check
	.ci/judges
	JUDGE=all $(BIN)/pytest

constraints: .venv
	$(BIN)/pip freeze --exclude-editable | grep -v ' @ ' > constraints.txt
