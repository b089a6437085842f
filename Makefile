# Each of these does all its set-up itself, and only once:
#
#   make avatar [PHOTO=me.jpg]   a portrait to out/avatar.zip and out/preview.png
#   make serve  [PORT=8000]      the web application on 127.0.0.1
#   make test                    format, lint, types, import contracts, tests, front end
#   make bench                   measure the speed and write docs/benchmarks.md
#   make results SETS="A=FOLDER" measure avatars against photos and write docs/results.md
#   make clean                   remove everything that the others made
#
# PYTHON=python3.12 chooses the interpreter. TORCH_PIP_OPTIONS goes to the installation of torch,
# which only `test` and `bench` need, e.g. "--index-url URL" to get PyTorch's small CPU build.

.PHONY: help avatar serve test lint test-python test-frontend bench results clean
.DELETE_ON_ERROR:
.NOTPARALLEL:
SHELL := /bin/sh

PHOTO ?=
PORT ?= 8000
SETS ?=
PYTHON ?=
TORCH_PIP_OPTIONS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CONSTRAINTS := --constraint constraints.txt

# A stamp is newer than everything that its set-up depends on.
CREATED := $(VENV)/.setup-created
RUNTIME := $(VENV)/.setup-runtime
DEV := $(VENV)/.setup-dev
TORCH := $(VENV)/.setup-torch
EVAL := $(VENV)/.setup-eval
NODE_MODULES := frontend/node_modules/.setup
GLTF_VALIDATOR := tests/gltf_validator/node_modules/.setup
PAGE := frontend/dist/index.html
PAGE_SOURCES := $(shell find frontend -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

# ---- what people call ---------------------------------------------------------------------------

avatar: export PHOTO := $(PHOTO)
avatar: $(RUNTIME)
	@mkdir -p out
	@if [ -z "$$PHOTO" ]; then \
		echo "No PHOTO=... given: taking the astronaut portrait of scikit-image."; \
		PHOTO=out/astronaut.png; \
		[ -f "$$PHOTO" ] || $(BIN)/cameo sample-portrait --out "$$PHOTO"; \
	fi; \
	$(BIN)/cameo reconstruct --out out/avatar.zip --preview out/preview.png -- "$$PHOTO"

serve: $(RUNTIME) $(PAGE)
	@CAMEO_PORT=$(PORT) $(BIN)/python -m gateway

test: lint test-python test-frontend

lint: $(DEV) $(EVAL)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	$(BIN)/lint-imports --no-logo

test-python: $(DEV) $(EVAL) $(PAGE) $(GLTF_VALIDATOR)
	$(BIN)/pytest

test-frontend: $(DEV) $(PAGE)
	npm --prefix frontend run check
	npm --prefix frontend test
	npm --prefix frontend run test:browser

bench: $(DEV) $(TORCH)
	$(BIN)/python -m evaluation.benchmark

results: $(EVAL)
	@[ -n "$(SETS)" ] || { echo 'Name sets of portraits: make results SETS="NAME=FOLDER NAME=FOLDER:COUNT"'; exit 64; }
	$(BIN)/python -m evaluation.results_page $(SETS) --work out/results --page docs/results.md

clean:
	rm -rf $(VENV) out frontend/node_modules frontend/dist tests/gltf_validator/node_modules

# ---- set-up, each step once ---------------------------------------------------------------------

$(CREATED):
	@python=$$(scripts/find-python $(PYTHON)) && echo "Creating $(VENV) with $$python" && \
		"$$python" -m venv $(VENV) && touch $@

$(RUNTIME): pyproject.toml constraints.txt | $(CREATED)
	@PYTHON=$(BIN)/python scripts/system-packages runtime
	@echo "Installing Cameo (the first time takes a minute or two)"
	@$(PIP) $(CONSTRAINTS) --editable .
	@touch $@

$(DEV): $(RUNTIME)
	@echo "Installing the development tools"
	@$(PIP) $(CONSTRAINTS) --editable '.[dev,train]'
	@touch $@

$(TORCH): $(RUNTIME)
	@echo "Installing torch"
	@$(PIP) $(CONSTRAINTS) $(TORCH_PIP_OPTIONS) torch==2.13.0
	@touch $@

$(EVAL): $(TORCH)
	@echo "Installing what evaluation needs (metrics in torch, Ray)"
	@$(PIP) $(CONSTRAINTS) --editable '.[eval,cluster]'
	@touch $@

$(NODE_MODULES): frontend/package.json frontend/package-lock.json
	@scripts/check-node
	@scripts/system-packages browser
	@echo "Installing the front end's packages"
	@npm --prefix frontend ci --loglevel=error --no-fund --no-audit
	@touch $@

$(GLTF_VALIDATOR): tests/gltf_validator/package.json tests/gltf_validator/package-lock.json
	@scripts/check-node
	@npm --prefix tests/gltf_validator ci --loglevel=error --no-fund --no-audit
	@touch $@

$(PAGE): $(NODE_MODULES) $(PAGE_SOURCES)
	@echo "Building the web page"
	@npm --prefix frontend run build --loglevel=error
	@touch $@
