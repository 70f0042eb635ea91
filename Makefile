# Each target first installs what it needs into .venv by plain pip, when pyproject.toml is newer
# than the last installation. PYTHON chooses the interpreter (3.10 or newer),
# WORKERS the number of processes that run the tests.

PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin

.PHONY: demo test lint bench docs

demo: .venv/.installed
	$(BIN)/tangle demo

test: .venv/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

bench: .venv/.installed-dev
	$(BIN)/python -m pytest perf -q -s

# Into build/site, which a browser opens as files; a warning is an error.
docs: .venv/.installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# pip is what venv writes last, so an interrupted creation is begun anew.
$(BIN)/pip:
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install -e .
	touch $@

# The dev installation includes the plain one, hence both stamps.
.venv/.installed-dev: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install -e ".[dev,docs]"
	touch .venv/.installed $@
