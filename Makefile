# Needs Python 3.11 or newer, make and pip; everything else is installed into .venv from the hash-pinned locks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/develop.txt
STAMP := $(VENV)/.installed
ARGS ?=

# Compiled modules are kept (git ignores them): without them each of the thousand programs that the tests start compiles its imports anew, for 8 seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo demo-reset test drill soak test-15 check format lock bench clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## the environment in .venv (costs nothing when it is up to date)

# uv is quick; where it cannot reach the packages (it does not read pip's configuration), pip installs the same lock. Some systems
# ship Python without the parts that put pip into an environment; there this system's own pip fills it.
PIP = $$($(BIN)/python -c 'import pip' 2>/dev/null && echo $(BIN)/python -m pip || echo $(PYTHON) -m pip --python $(BIN)/python) \
	--disable-pip-version-check --quiet
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --no-config --quiet --link-mode=copy
$(STAMP): $(LOCK) requirements/installer.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("CareTally needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV)
	@test -x $(BIN)/uv || $(PIP) install --require-hashes -r requirements/installer.txt
	@$(UV) --require-hashes -r $(LOCK) || $(PIP) install --require-hashes -r $(LOCK)
	@$(UV) --no-deps --no-build-isolation -e . || $(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## two vendors with 14 months, last month closed, PDFs in demo-output/ (ARGS=--exit to leave at once)
	@$(BIN)/caretally demo $(ARGS)

demo-reset: $(STAMP) ## throw the demo away, then make it again
	@$(BIN)/caretally demo --reset $(ARGS)

test: $(STAMP) ## the tests but for drills and soak, on the embedded PostgreSQL; ARGS go to pytest
	@$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m "not drill and not soak" $(ARGS)

drill: $(STAMP) ## the drills that take minutes: kills, full disks, weakened policies, mutated rules, the SQL fuzz, Lighthouse
	@$(BIN)/pytest -n auto --dist loadgroup -m drill $(ARGS)

soak: $(STAMP) ## the longest: thousands of generated months beside the oracle
	@$(BIN)/pytest -n auto -s -m soak $(ARGS)

test-15: $(STAMP) ## what make test runs, on this machine's own PostgreSQL 15 (or PG_BIN=/path/to/its/bin)
	@CARETALLY_POSTGRES_BIN=$${PG_BIN:-/usr/lib/postgresql/15/bin} $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder -m "not drill and not soak" $(ARGS)

check: $(STAMP) ## lint, format, types, import rules, and that the documents name what exists (seconds)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q -p no:cacheprovider tests/test_*.py

format: $(STAMP) ## format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(STAMP) ## close 100,000 patient-months and print the figures beside the floor (ARGS to change)
	@$(BIN)/caretally bench close $(or $(ARGS),--patient-months 100000)

lock: $(STAMP) ## resolve the locks again (UPGRADE=--upgrade for newer releases)
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash requirements/lock.sh $(UPGRADE)

clean: ## remove the environment and the caches; data in var/ stay
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
