# `make demo` serves the demo store, `make test` runs every test, `make lint` every check.

PYTHON ?= python3
HOST   ?= 127.0.0.1
PORT   ?= 8000
DIR    ?= var/demo
BIN     = .venv/bin

.PHONY: demo test lint bench bench-quick clean

demo: .venv/.installed
	@exec $(BIN)/shop demo --dir "$(DIR)" --host "$(HOST)" --port "$(PORT)"

test: .venv/.installed
	$(BIN)/pytest -n auto

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Both write bench/results.md and add a line to bench/results.jsonl.
bench: .venv/.installed
	$(BIN)/python -m bench

bench-quick: .venv/.installed
	$(BIN)/python -m bench --rounds 3 --seconds 0.8

# Every package, the build tools too, is pinned by its hash; nothing is resolved here.
.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf .venv build dist
