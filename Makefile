# Two commands do all: `make run` and `make test`. Only Python >= 3.11 with venv, and make, are presumed.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check look bench size soak openapi lock install clean

run: .venv/.run
	$(BIN)/turvavork demo $(ARGS)

test: .venv/.dev
	$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

check: .venv/.dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/house tests/contracts/test_fresh.py tests/contracts/test_manners.py tests/contracts/test_consumers.py

look: .venv/.dev
	bash tests/look/run

bench: .venv/.dev
	$(BIN)/python -m bench $(ARGS)

size: .venv/.dev
	$(BIN)/python -m bench.size $(ARGS)

soak: .venv/.dev
	TURVAVORK_SOAK=1 $(BIN)/pytest -q tests/system tests/contracts tests/exchange/worker -m slow $(ARGS)

openapi: .venv/.dev
	$(BIN)/turvavork openapi

lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock: .venv/.dev
	$(BIN)/uv pip compile -q --universal -p 3.11 --generate-hashes --no-emit-index-url pyproject.toml --extra dev -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal -p 3.11 --generate-hashes --no-emit-index-url pyproject.toml --extra build -c requirements-dev.lock -o requirements.lock

install: .venv/.dev

.venv/.made:
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' || { echo 'Turvavork needs Python 3.11 or newer with venv: set PYTHON=/path/to/python3.11'; exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

.venv/.run: .venv/.made requirements.lock pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv/.dev: .venv/.made requirements-dev.lock pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@ .venv/.run

clean:
	rm -rf .venv var build *.egg-info
