.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
NPM_CI := tools/with-node npm ci --no-progress --loglevel=error

# Signs of finished work. Those in node_modules vanish with it, since npm ci starts from nothing.
RUNTIME := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
VENDOR := static/vendor/licences.json
NODE_DEV := node_modules/.installed-dev

.PHONY: help setup setup-dev run test check format bench faults bundle lock \
	check-python check-imports check-templates check-js

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUNTIME) $(VENDOR)  ## the virtual environment and the front-end files

setup-dev: $(DEV) $(NODE_DEV) $(VENDOR)  ## also what tests and checks need

run: setup  ## set up, migrate, fill an empty database with a demonstration, serve on 127.0.0.1:8000
	@exec $(BIN)/zaiseki run

test: setup-dev  ## all tests, the features on SQLite and on PostgreSQL; one file: make test T=tests/unit/test_x.py
	@tools/test $(BIN)/python $(T)

check: check-python check-imports check-templates check-js  ## formatters, linters, types, import contracts (make -k check: all faults)

check-python: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check-imports: $(DEV)
	$(BIN)/lint-imports --no-logo

check-templates: $(DEV)
	$(BIN)/python tools/check_templates.py
	@test ! -d templates || { echo "djlint templates"; $(BIN)/djlint --lint --quiet templates; }

check-js: $(NODE_DEV) $(VENDOR)
	@echo "tsc, eslint, prettier"
	@tools/with-node npm --silent run types
	@tools/with-node npm --silent run lint
	@tools/with-node npm --silent run format

format: setup-dev  ## put Python, JavaScript and CSS into the one form, and mend what mends itself
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	tools/with-node npm --silent run format -- --write

bench: setup-dev  ## the measurements, as JSON lines on standard output; one: make bench B="--only burst --quick"
	@$(BIN)/python tests/load/bench.py $(B)

faults: setup-dev  ## the real server killed, starved, hung and besieged; JSON lines (make faults ONLY=kill ROUNDS=200)
	@$(BIN)/python tests/faults/run.py $(foreach one,$(ONLY),--only $(one)) \
		$(if $(STORE),--store $(STORE)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED)) $(F)

bundle: setup  ## one file in dist/ that installs without a network (of the last commit)
	@tools/bundle $(BIN)/python

# A lock holds exact versions and hashes, no addresses; pip alone installs it.
# Needs uv (`pip install uv`, anywhere) and Node. Keeps what is locked and still fits;
# `make lock UPGRADE=--upgrade` takes the newest instead.
COMPILE = uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
	--python-version 3.11 $(UPGRADE) pyproject.toml
lock:  ## write requirements*.txt from pyproject.toml, and package-lock.json (see the Makefile)
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH: pip install uv" >&2; exit 1; }
	$(COMPILE) --group build -o requirements.txt
	$(COMPILE) --group build --group dev -c requirements.txt -o requirements-dev.txt
	uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
		--python-version 3.11 $(UPGRADE) --group node -o requirements-node.txt
	tools/with-node npm install --package-lock-only

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Zaiseki needs Python 3.11 or newer; $(PYTHON) is: $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) has no venv; on Debian: apt-get install python3-venv" >&2; exit 1; }

# Order-only: the interpreter's own date says nothing about what is installed.
$(RUNTIME): requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the Python packages (about half a minute)"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-index --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "Installing the Python packages for tests and checks"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

$(VENDOR): package-lock.json tools/vendor.mjs | $(RUNTIME)
	@echo "Fetching the front-end files"
	@test -f $(NODE_DEV) -a $(NODE_DEV) -nt package-lock.json || $(NPM_CI) --omit=dev
	@tools/with-node node tools/vendor.mjs

$(NODE_DEV): package-lock.json | $(RUNTIME)
	@echo "Fetching the JavaScript tools"
	@$(NPM_CI)
	@touch $@
