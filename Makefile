# Inkan. `make` lists the targets.
PYTHON ?= python3.11
ifeq ($(shell command -v $(PYTHON) 2>/dev/null),)
PYTHON := python3
endif
VENV := .venv
BIN := $(VENV)/bin
# one more than cores: the tests that wait for a disk or a clock leave theirs to another
WORKERS := $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
SOURCES := $(shell find src -type f -not -name '*.pyc') pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help setup dev run check lint types imports unit test interop mutants demo bench stress audit release locks docs clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed ## install what `inkan` needs into .venv, by hash

run: setup ## start the server on embedded defaults, data in ./inkan-data
	$(BIN)/inkan serve

$(VENV)/.python:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run-requirements: $(VENV)/.python requirements/run.txt requirements/build.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt -r requirements/build.txt
	@touch $@

$(VENV)/.dev-requirements: $(VENV)/.run-requirements requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# the wheel, not the tree: what is tested is what is installed
$(VENV)/.installed: $(VENV)/.run-requirements $(SOURCES)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --force-reinstall .
	@touch $@

dev: $(VENV)/.dev-requirements $(VENV)/.installed

check: lint types imports unit ## format, lint, types, imports, fast tests: under a minute

lint: dev
	$(BIN)/ruff format --check src tests bench demo docs deploy
	$(BIN)/ruff check src tests bench demo docs deploy

types: dev
	$(BIN)/mypy

imports: dev
	PYTHONPATH=src $(BIN)/lint-imports

unit: dev
	$(BIN)/python -m pytest -q -n $(WORKERS) -m 'not interop and not slow' tests

test: dev ## everything that needs no root, and the interop suites where the real clients are installed
	$(BIN)/python -m pytest -q -n $(WORKERS) -m 'not interop and not slow' tests
	$(BIN)/python -m pytest -m 'slow and not interop' tests
	$(BIN)/python -m pytest -m interop tests/interop

interop: dev ## install the real clients (as root, from Debian and by Go) and run the interop suites
	tests/interop/install.sh
	$(BIN)/python -m pytest -m interop tests/interop

mutants: dev ## break the code that decides about trust, and see that the tests notice
	$(BIN)/python tests/mutants.py

demo: setup ## the whole story in a minute, with no Docker: sign, verify, refuse, back up, restore
	$(BIN)/python demo/run.py

bench: dev ## side by side with docker-registry, notary-server and nginx; WRITE=--write puts the tables into bench/README.md
	for part in run syncs memory growth decision image_list client; do $(BIN)/python bench/$$part.py $(WRITE) || exit 1; done

stress: dev ## a thousand clients pull and a hundred push at once, for a minute
	$(BIN)/python bench/stress.py $(WRITE)

AUDIT ?=
audit: $(VENV)/audit/.installed ## compare what is locked with the known vulnerabilities; needs a network, and fails if it cannot look
	$(VENV)/audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off $(AUDIT) \
	  -r requirements/run.txt -r requirements/build.txt

$(VENV)/audit/.installed: $(VENV)/.python requirements/audit.txt
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

release: setup ## build what is released from the last commit, the same bytes on every machine
	$(BIN)/python deploy/release/build.py

docs: dev ## write the reference pages from the code
	$(BIN)/python docs/reference/generate.py

locks: ## lock the requirements anew, with hashes and without addresses (needs uv)
	for set in run build dev audit; do uv pip compile --quiet --python-version 3.11 --universal --generate-hashes \
	  --no-header --no-emit-index-url --no-annotate requirements/$$set.in -o requirements/$$set.txt; done

clean: ## remove the virtual environment and caches; data stays
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
