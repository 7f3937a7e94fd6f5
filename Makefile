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

# The page is built with Node, and built again only when something that it is made of changed.
MODULES := web/node_modules/.installed
PAGE    := web/dist/index.html
PAGE_IS_MADE_OF := $(shell find web/src web/public -type f 2>/dev/null) \
	$(wildcard web/index.html web/vite.config.ts web/tsconfig.json web/package-lock.json)
NODE_IS_HERE = { command -v npm && node -e \
	'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; } \
	>/dev/null 2>&1
NODE_IS_MISSING = Node 20.19 or newer with npm is missing
SHIPPED := src/allaprima/models/first-light

# Taken unexpanded, so that a prompt may hold a dollar sign, quotes or a backslash.
PROMPT ?=
export ALLAPRIMA_MAKE_PROMPT := $(value PROMPT)

.PHONY: help paint test test-fast lint corpus studio page page-tests screenshots clean

help:
	@echo 'make paint PROMPT="..."   paint a picture (installs the runtime the first time)'
	@echo 'make studio               serve the page that paints while you type, on http://127.0.0.1:7860'
	@echo 'make test                 lint, types, import rules and every test, the page in Chromium included'
	@echo 'make test-fast            the quick tests only'
	@echo 'make lint                 lint, types and import rules'
	@echo 'make page                 build the page (needs Node)'
	@echo 'make screenshots          paint the pictures of the page that the docs show (needs Node and Chromium)'
	@echo 'make corpus               fetch and render the drawings that training needs'
	@echo 'make clean                remove what was built, .venv included (data/ stays)'

paint: $(RUNTIME)
	@[ -n "$$ALLAPRIMA_MAKE_PROMPT" ] || { \
		echo 'Say what to paint: make paint PROMPT="a red fox under a starry night sky"' >&2; exit 2; }
	@if [ -t 1 ]; then watch=--watch; else watch=; fi; \
		$(BIN)/allaprima imagine $$watch -- "$$ALLAPRIMA_MAKE_PROMPT"

# Quick checks first, the browser last: pytest runs the tests in Chromium at its end (tests/test_web_browser.py).
test: lint page-tests
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
	@$(MAKE) --no-print-directory page || echo 'The page could not be built, see above.' >&2
	@$(BIN)/allaprima serve

page:
	@if $(NODE_IS_HERE); then $(MAKE) -s --no-print-directory $(PAGE); \
	elif [ -f $(PAGE) ]; then echo '$(NODE_IS_MISSING): the page stays as it was built before.' >&2; \
	else echo '$(NODE_IS_MISSING): the page is not built, only the API is served. Install Node, then: make page' >&2; fi

# Types, the parts without a browser, and the build that the browser's tests want. Whoever has no line to a
# registry of packages is told so and tests the rest.
page-tests:
	@if ! $(NODE_IS_HERE); then \
		echo '$(NODE_IS_MISSING): the page is not built and its tests are skipped.' >&2; exit 0; fi; \
	if ! $(MAKE) -s --no-print-directory $(MODULES); then \
		if npm ping --fetch-retries=0 >/dev/null 2>&1; then exit 1; fi; \
		echo 'No registry answers npm: the page is not built and its tests are skipped.' >&2; exit 0; fi; \
	npm --prefix web run --silent check && npm --prefix web test --silent && $(MAKE) -s --no-print-directory $(PAGE)

# With the model that is shipped: what the docs show is what a visitor gets.
screenshots: $(TESTING) $(PAGE)
	@cd web && ALLAPRIMA_E2E_BUNDLE=$(CURDIR)/$(SHIPPED) npm run --silent screenshots

clean:
	rm -rf $(VENV) web/node_modules web/dist build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
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
	@$(PIP) install --editable '.[serve,svg,vector]'
	@touch $(RUNTIME) $@

$(TESTING): pyproject.toml | $(BIN)/python
	@echo 'Installing the runtime, the trainer and the tests (torch is large)'
	@$(PIP) install --editable '.[corpus,train,search,judge,serve,svg,vector,dev]'
	@touch $(RUNTIME) $(SERVING) $@

$(MODULES): web/package-lock.json
	@echo 'Installing what the page is built with'
	@npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGE): $(MODULES) $(PAGE_IS_MADE_OF)
	@echo 'Building the page'
	@npm --prefix web run --silent build -- --logLevel error
	@touch $@
