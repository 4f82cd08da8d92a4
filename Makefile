# Everything a contributor runs. Each target prepares what it needs by itself, from nothing but Python, make and git.
#
# Types are checked by pyright too. Its package from PyPI carries the program, and the extra `nodejs` brings Node in
# a wheel, so that neither npm nor a Node of the machine is needed.

UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.setup-done
PROJECTS := $(wildcard pyproject.toml */pyproject.toml */*/pyproject.toml)
ARGS ?=
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup demo test features soak check docs format bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## make .venv with every workspace member and every tool

$(STAMP): $(PROJECTS) uv.lock tools/setup.sh Makefile
	@PYTHON='$(PYTHON)' tools/setup.sh $(UV_VERSION)
	@touch $@

demo: $(STAMP) ## play a handoff on this machine (ARGS=--script plays it by itself)
	@$(BIN)/livechat demo $(ARGS)

test: $(STAMP) ## run all tests and say what was skipped and why (ARGS="-k name" for some of them, JOBS=0 in one process)
	@$(BIN)/python -m pytest -q -rsfE --features build/features.json -n $(JOBS) --maxprocesses 4 --dist worksteal $(ARGS)

features: $(STAMP) ## print which rows of the table of features the last whole `make test` proved
	@$(BIN)/python -m tools.features

soak: $(STAMP) ## search for hours: deaths at every step, races, forged webhooks, random calendars, schedules of faults; reports in build/soak
	@$(BIN)/python -m tests.crash.soak
	@$(BIN)/python -m tests.races.soak
	@$(BIN)/python -m tests.fuzz.soak
	@$(BIN)/python -m tests.oracle.soak hours
	@$(BIN)/python -m tests.oracle.soak routing
	@$(BIN)/python -m tests.faults.soak $(ARGS)
	@$(BIN)/python -m tests.words.soak

check: $(STAMP) ## lint, formatting, types, imports, lock, wheels (ARGS="lint mypy" for some of them)
	@$(BIN)/python tools/check.py $(ARGS)

docs: $(STAMP) ## build the documentation into build/site, every warning an error
	@$(BIN)/python -m tools.site

format: $(STAMP) ## mend formatting and what ruff can mend by itself
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format --quiet

bench: $(STAMP) ## measure, and write benchmarks/results.json (ARGS=import_time for one)
	@$(BIN)/python benchmarks/run.py $(ARGS)

clean: ## remove .venv and everything that was built, cached or left behind by tests
	@rm -rf $(VENV) build dist artefacts benchmarks/results.json
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
