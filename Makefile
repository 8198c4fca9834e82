# Everything sets itself up: Python 3.11 or newer and make are all that is needed.
# The first Python that is new enough; `make PYTHON=...` names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHAOS ?= long

.PHONY: demo test check test-odoo bench chaos docs format clean
.DEFAULT_GOAL := test

$(READY): pyproject.toml
	@python="$(PYTHON)"; "$${python:-none}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "odoochat needs Python 3.11 or newer, and $${python:-python3} is older or missing: make PYTHON=python3.12 ..."; exit 1; }
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "$(PYTHON) makes no environments: Debian keeps that in the package python3-venv"; exit 1; }
	@$(BIN)/python tools/setup.py
	@touch $(READY)

demo: $(READY)  ## the embedded sandbox, colleagues who answer, and every step told
	@$(BIN)/odoochat demo

test: $(READY)  ## the fast suites: no Odoo needed
	@$(BIN)/python -m pytest -q -n 4 -m "not odoo"

check: $(READY)  ## format, lint, two type checkers, the floors of the house, docs
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/docs.py --check

test-odoo: $(READY)  ## the contract and story suites on real Odoo 19 and 14, which are started when they do not run
	@tests/odoo/up
	@$(BIN)/python -m pytest -q -m odoo --odoo

chaos: $(READY)  ## faults of every kind between clients and real Odoo 19 and 14; CHAOS=short takes two minutes
	@tests/odoo/up
	@$(BIN)/python -m tests.chaos $(if $(filter short,$(CHAOS)),--short)

bench: $(READY)  ## ratios against raw loops, in one run; needs the real Odoo 19
	@tests/odoo/up 19
	@$(BIN)/python -m bench

docs: $(READY)  ## writes what is generated
	@$(BIN)/python tools/docs.py

format: $(READY)
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist build
