# The only door to the tools. `make demo` shows the portal, `make test` proves it.

DATA ?= var
PORT ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
INSTALL := $(PIP) install --require-hashes --no-deps --only-binary :all:
LOCK := uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --no-annotate --python-version 3.11

.PHONY: help setup demo test lint format browser lock clean
.DELETE_ON_ERROR:

help:
	@echo "make demo [DATA=DIR PORT=N]   a year of demo data, running; Ctrl-C ends it"
	@echo "make test                     lint, types, import contracts, all tests"
	@echo "make setup | lint | format | lock | clean"

# What running needs: environment, locked packages, the browser's files.
setup: $(VENV)/.product portal/static/gen/manifest.json

demo: setup
	@exec $(BIN)/portal demo --with-parent --data "$(DATA)" $(if $(PORT),--port $(PORT))

test: lint portal/static/gen/manifest.json browser
	$(BIN)/pytest -n 2

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: $(VENV)/.dev
	@tools/browser

# Needs uv; nothing else does.
lock:
	$(LOCK) pyproject.toml --extra embedded --group build --group dev -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra embedded --group build -c requirements/dev.txt \
		-o requirements/product.txt
	$(LOCK) --group pyproject.toml:build -c requirements/dev.txt -o requirements/build.txt
	$(LOCK) --group pyproject.toml:node -o requirements/node.txt
	npm install --package-lock-only --ignore-scripts

clean:
	rm -rf $(VENV) node_modules portal/static/gen portal.egg-info

$(VENV)/.made:
	@tools/environment $(VENV)
	@touch $@

$(VENV)/.product: $(VENV)/.made requirements/product.txt pyproject.toml
	@echo "installing the locked packages"
	@$(INSTALL) -r requirements/build.txt
	@$(INSTALL) -r requirements/product.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.product requirements/dev.txt
	@echo "installing the locked packages for tests"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

node_modules/.made: package.json package-lock.json .npmrc | $(VENV)/.made
	@echo "installing the browser's packages"
	@tools/npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

portal/static/gen/manifest.json: node_modules/.made $(VENV)/.product portal/assets.py \
		$(shell find portal/static/css portal/static/js portal/templates -type f 2>/dev/null)
	@$(BIN)/portal assets
	@touch $@
