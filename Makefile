PYTHON ?= python3
HOST   ?= 127.0.0.1
PORT   ?= 8000
DIR    ?= var/demo
BIN     = .venv/bin

.PHONY: help demo test test-fast drill lint bench bench-quick sbom clean

help:
	@echo 'make demo        fill a demo shop and serve it; PORT=, HOST= and DIR= say where'
	@echo 'make test-fast   run the tests of one area on SQLite; AREA=refunds or AREA=group_buy'
	@echo 'make test        run all tests but the slow ones, on SQLite; on PostgreSQL where it matters'
	@echo 'make drill       run the slow ones, and all that are left on PostgreSQL'
	@echo 'make lint        check style, types and layers'
	@echo 'make bench       measure; bench-quick does it in a minute'
	@echo 'make sbom        print what is installed, as CycloneDX'
	@echo 'make clean       remove what was installed and built'
	@echo 'A shop of your own: .venv/bin/shop --help'

demo: .venv/.installed
	@exec $(BIN)/shop demo --dir "$(DIR)" --host "$(HOST)" --port "$(PORT)"

# Hundreds of processes start: where Python is told to keep nothing, each would compile the shop anew.
test test-fast drill: export PYTHONDONTWRITEBYTECODE =

test: .venv/.installed
	$(BIN)/pytest -n auto --dist worksteal

# AREA is a part of the path of test files: a plugin, a folder or a word.
test-fast: .venv/.installed
	@found=$$(find tests plugins -path '*$(or $(AREA),say which)*' -name 'test_*.py'); \
	test -n "$$found" || { echo 'No test file is called so. Say which area: make test-fast AREA=refunds'; exit 2; }; \
	$(BIN)/pytest -n 2 --dist worksteal -k 'not postgres' $$found

drill: .venv/.installed
	$(BIN)/pytest -n auto --dist worksteal -m slow

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

# Both write bench/results.md and add a line to bench/results.jsonl.
bench: .venv/.installed
	$(BIN)/python -m bench

bench-quick: .venv/.installed
	$(BIN)/python -m bench --part rates --products 2000 --rounds 3 --seconds 0.4

# Every package, the build tools too, is pinned by its hash; nothing is resolved here.
.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try PYTHON=python3.12")'
	@echo 'installing into .venv; the first time takes a minute'
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What is installed, as CycloneDX, for who has to know.
sbom: .venv/.installed
	@$(BIN)/python .ci/sbom.py

clean:
	rm -rf .venv build dist
