# Everything is done with these few commands. `make` alone lists them.
#
#   make paint PROMPT="a red fox under a starry night sky"
#   make test

.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first Python of 3.11 or newer that answers; `make PYTHON=/path/to/python3.12 ...` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)

VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --quiet --disable-pip-version-check
RUNTIME := $(VENV)/.runtime-installed
TESTING := $(VENV)/.testing-installed
SERVING := $(VENV)/.serving-installed

# Taken unexpanded, so that a prompt may hold a dollar sign, quotes or a backslash.
PROMPT ?=
export ALLAPRIMA_MAKE_PROMPT := $(value PROMPT)

.PHONY: help paint test test-fast lint corpus studio page clean

help:
	@echo 'make paint PROMPT="..."   paint a picture (installs the runtime the first time)'
	@echo 'make studio               serve the page that paints while you type, on http://127.0.0.1:7860'
	@echo 'make test                 lint, types, import rules and every test'
	@echo 'make test-fast            the quick tests only'
	@echo 'make lint                 lint, types and import rules'
	@echo 'make corpus               fetch and render the drawings that training needs'
	@echo 'make clean                remove what was built, .venv included (data/ stays)'

paint: $(RUNTIME)
	@[ -n "$$ALLAPRIMA_MAKE_PROMPT" ] || { \
		echo 'Say what to paint: make paint PROMPT="a red fox under a starry night sky"' >&2; exit 2; }
	@if [ -t 1 ]; then watch=--watch; else watch=; fi; \
		$(BIN)/allaprima imagine $$watch -- "$$ALLAPRIMA_MAKE_PROMPT"

test: lint
	@$(BIN)/python -m pytest

test-fast: $(TESTING)
	@$(BIN)/python -m pytest -m "not slow and not train and not web"

lint: $(TESTING)
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

corpus: $(TESTING)
	@$(BIN)/allaprima corpus build

# The page is built where Node is; without it the server still runs, and says so at /.
studio: $(SERVING)
	@$(MAKE) --no-print-directory page
	@$(BIN)/allaprima serve

page:
	@if [ -f web/dist/index.html ] || [ -f src/allaprima/server/static/index.html ]; then exit 0; fi; \
	if [ ! -f web/package.json ]; then echo 'There is no web/ to build a page from; the API is served without it.'; exit 0; fi; \
	if ! command -v npm >/dev/null 2>&1; then \
		echo 'Node is missing, so the page cannot be built: install Node 20 or newer, then make page.' >&2; \
		echo 'The API is served without it.' >&2; exit 0; fi; \
	echo 'Building the page'; cd web && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment at the root. A stamp is touched only when its step ended well, so a broken
# installation is tried again, and a finished one costs nothing.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Alla Prima needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version 2>&1 || true)." >&2; \
		echo 'Install one, or say where it is: make PYTHON=/path/to/python3.12 ...' >&2; exit 1; }
	@echo 'Making .venv'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo 'That Python cannot make an environment; on Debian: apt-get install python3-venv' >&2; exit 1; }

$(RUNTIME): pyproject.toml | $(BIN)/python
	@echo 'Installing the runtime'
	@$(PIP) install --editable .
	@touch $@

$(SERVING): pyproject.toml | $(BIN)/python
	@echo 'Installing the runtime and the server'
	@$(PIP) install --editable '.[serve]'
	@touch $(RUNTIME) $@

$(TESTING): pyproject.toml | $(BIN)/python
	@echo 'Installing the runtime, the trainer and the tests (torch is large)'
	@$(PIP) install --editable '.[corpus,train,judge,serve,dev]'
	@touch $(RUNTIME) $(SERVING) $@
