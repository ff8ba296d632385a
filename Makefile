# Everything a newcomer, a developer and CI need. `make` alone explains itself.
# Stamp files in .venv/ remember what is done, so that a set-up clone starts at once.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

VENV := .venv
export CARGO_TARGET_DIR ?= $(CURDIR)/target
# the environment's tools first; cargo may have been installed a moment ago by scripts/need-cargo, in its usual place
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH):$(HOME)/.cargo/bin
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

RUST_SOURCES := Cargo.toml Cargo.lock $(shell find crates -name '*.rs' -o -name Cargo.toml)

.PHONY: help demo dev engine check test bench fuzz wheel clean

help: ## show this text
	@echo "Lakebed. Start with \`make demo\`. Targets:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: engine ## set everything up, index made-up logs, run three searches
	@python -m demo.run

dev: engine $(VENV)/.group ## set up a virtual environment with every tool, build the engine

check: dev ## formatting, lint, types, layers, tidiness
	@scripts/check

test: check ## every check and every test; what CI runs
	@scripts/test

bench: dev ## measure against DuckDB, ClickHouse, tantivy and ripgrep, side by side
	@scripts/bench $(BENCH)

fuzz: dev ## fuzz every decoder, SECONDS_EACH=60 by default
	@scripts/fuzz $${SECONDS_EACH:-60}

wheel: engine ## build the wheel (one for Python 3.11 and up) into dist/
	@maturin build --release --locked --out dist

clean: ## remove what was built, keep the virtual environment
	rm -rf target dist fuzz/target demo-lake demo-logs bench/work

# --- set-up -----------------------------------------------------------------

engine: $(VENV)/.engine

$(VENV)/.tools: scripts/find-python
	@python=$$(scripts/find-python) && "$$python" -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet 'pip>=25.1' 'maturin>=1.8,<2'
	@touch $@

$(VENV)/.engine: $(VENV)/.tools pyproject.toml $(RUST_SOURCES)
	@scripts/need-cargo
	@echo "building the engine (a minute or two the first time)"
	@MATURIN_PEP517_ARGS=--locked python -m pip install --quiet --no-build-isolation --editable .
	@touch $@

$(VENV)/.group: $(VENV)/.tools pyproject.toml
	@echo "installing the developer tools"
	@python -m pip install --quiet --group dev
	@touch $@
