# Needs Python 3.11 to 3.13 and nothing else: everything is installed into .venv, everything runs from .local.
# PYTHON=python3.12 chooses an interpreter, ARGS="…" is handed on to the command behind a target.

.DEFAULT_GOAL := help
.NOTPARALLEL:

UV_VERSION := 0.13.8
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet
ROLE ?= reader
EXECUTOR ?= local

BIN := .venv/bin
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
VERSION := import sys; print(sys.version_info[:2])
VENV_FITS := $(shell $(BIN)/python -c '$(FITS)' 2>/dev/null \
	&& { [ -z '$(PYTHON)' ] || [ "$$($(PYTHON) -c '$(VERSION)' 2>&1)" = "$$($(BIN)/python -c '$(VERSION)')" ]; } \
	&& echo yes)

.PHONY: help demo up down status test bench psql docs lint lock clean FORCE

help: ## Says what each target does.
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r target sentence; do \
		printf '  make %-8s %s\n' "$$target" "$$sentence"; done

demo: .venv/runtime ## Runs the whole circle once with two days of deliveries, shows the numbers and stops everything.
	@$(BIN)/python -m sandbox.demo $(ARGS)

up: .venv/runtime ## Starts PostgreSQL, the sandbox systems and Airflow with its UI, and leaves them running (EXECUTOR=celery).
	@$(BIN)/python -m sandbox.stack up --executor $(EXECUTOR) $(ARGS)

down: .venv/runtime ## Stops everything that `make up` or an interrupted command left running here.
	@$(BIN)/python -m sandbox.stack down

status: .venv/runtime ## Shows one line per component; fails unless all are healthy.
	@$(BIN)/python -m sandbox.stack status

test: .venv/tests ## Runs the whole test suite on several cores (ARGS="tests/include -x" for a part of it on one).
	@$(BIN)/python -m pytest $(or $(ARGS),--numprocesses logical --maxprocesses 4)

bench: .venv/tests ## Measures the figures of the README again and writes build/bench.json.
	@$(BIN)/python -m benchmarks $(ARGS)

psql: .venv/runtime ## Opens psql on the warehouse (ROLE=reader, analyst, pipeline, builder or owner; ARGS='-c "select 1"').
	@$(BIN)/python -m sandbox.stack psql --role $(ROLE) -- $(ARGS)

docs: .venv/tests ## Writes the pages of docs/ that are generated from the code, and the site of the model with its lineage.
	@$(BIN)/python -m docs.generate $(ARGS)

lint: .venv/tests ## Checks style and formatting of the Python code.
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

lock: .venv/tests ## Locks requirements.in and requirements-dev.in with hashes (ARGS=--upgrade for newer versions).
	@$(BIN)/python -m $(LOCK) $(ARGS) requirements.in -o requirements.txt
	@$(BIN)/python -m $(LOCK) $(ARGS) requirements-dev.in -o requirements-dev.txt

clean: ## Stops everything and removes all state and build results; .venv stays.
	@if [ -e .venv/runtime ]; then $(BIN)/python -m sandbox.stack down; fi
	@rm -rf .local build .ruff_cache .hypothesis dbt_project/target dbt_project/logs

.venv/made: $(if $(VENV_FITS),,FORCE)
	@found=; for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
		if "$$python" -c '$(FITS)' 2>/dev/null; then found=$$python; break; fi; done; \
	if [ -z "$$found" ]; then \
		echo "Python 3.11, 3.12 or 3.13 is needed, and $(or $(PYTHON),python3) is none of them:" \
			"install one (Debian: apt-get install python3 python3-venv) or name it, as in make PYTHON=/path/to/python3.12." >&2; exit 1; fi; \
	"$$found" -m venv --clear .venv || { \
		echo "$$found cannot make a virtual environment (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@touch $@

.venv/runtime: .venv/made requirements.txt
	@$(BIN)/python -P sandbox/stack/install.py $(UV_VERSION) requirements.txt
	@rm -f .venv/tests && touch $@

.venv/tests: .venv/made requirements.txt requirements-dev.txt
	@$(BIN)/python -P sandbox/stack/install.py $(UV_VERSION) requirements.txt requirements-dev.txt
	@touch .venv/runtime $@
