# Every target creates the environment that it needs; only Python 3.11 or newer and make are required.
# The first Python that is new enough; `make PYTHON=...` chooses another one.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHAOS ?= long
FUZZ ?= --seconds 60
# Three workers for two cores, because tests wait a third of the time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1; print(n + max(1, n // 2))')

# Tests start many processes, each of which would compile the package again; an empty value means "keep what is compiled".
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-brokers test-heavy test-lowest check fuzz coverage mutants audit test-odoo bench chaos docs tutorial package lock format clean
.DEFAULT_GOAL := test

$(READY): pyproject.toml requirements/dev.txt tools/setup.py
	@python="$(PYTHON)"; "$${python:-none}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "odoochat needs Python 3.11 or newer, and $${python:-python3} is older or missing; run make PYTHON=python3.12 ..."; exit 1; }
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "$(PYTHON) cannot create environments; on Debian, install the package python3-venv"; exit 1; }
	@$(BIN)/python tools/setup.py
	@touch $(READY)

demo: $(READY)  ## the chat screen on the embedded server, or each step where there is no terminal
	@$(BIN)/odoochat demo

test: $(READY)  ## the fast tests, without Odoo
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m "not odoo and not heavy and not brokers"

test-heavy: $(READY)  ## tests with large inputs, memory or long gaps
	@$(BIN)/python -m pytest -q -n 2 -m "heavy and not odoo and not brokers"

test-lowest: .venv-lowest/.ready  ## the fast tests with the lowest allowed versions of the dependencies
	@.venv-lowest/bin/python -m pytest -q -n $(WORKERS) -m "not odoo and not heavy and not brokers"

.venv-lowest/.ready: pyproject.toml requirements/lowest.txt tools/setup.py
	@$(PYTHON) -m venv .venv-lowest
	@.venv-lowest/bin/python tools/setup.py lowest
	@touch $@

fuzz: $(READY)  ## mutated frames, answers, documents and whole sessions; FUZZ="--seconds 600" takes longer
	@$(BIN)/python -m tests.fuzz $(FUZZ)

coverage: $(READY)  ## branch coverage of the fast tests, compared with the floor of each package
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m "not odoo and not heavy and not brokers" --cov --cov-report=
	@$(BIN)/python tools/floors.py

mutants: .venv-mutants/.ready  ## mutation of core; fails for changes that no test notices and tools/mutants.json does not explain
	@rm -rf mutants  # mutmut keeps its verdicts while a function stays, also when its tests change
	@.venv-mutants/bin/mutmut run
	@.venv-mutants/bin/python tools/mutants.py

.venv-mutants/.ready: pyproject.toml requirements/dev.txt tools/setup.py
	@$(PYTHON) -m venv .venv-mutants
	@.venv-mutants/bin/python tools/setup.py
	@.venv-mutants/bin/python -m pip install -q --disable-pip-version-check "mutmut~=3.3"
	@touch $@

audit: $(READY) .venv-tools/.ready  ## known vulnerabilities of the pinned packages; needs a network with pip-audit's data
	@$(BIN)/python tools/audit.py .venv-tools/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements/dev.txt

lock: .venv-tools/.ready  ## pin the newest and the lowest versions that pyproject.toml allows
	@PATH="$$PWD/.venv-tools/bin:$$PATH" $(PYTHON) tools/lock.py

.venv-tools/.ready: pyproject.toml
	@$(PYTHON) -m venv .venv-tools
	@.venv-tools/bin/python -m pip install -q --disable-pip-version-check -U "pip>=25.1"
	@.venv-tools/bin/python -m pip install -q --disable-pip-version-check --group audit --group lock
	@touch $@

check: $(READY)  ## format, lint, types, import contracts, structure, spelling, generated pages
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/structure.py
	@$(BIN)/codespell
	@$(BIN)/python tools/docs.py --check

test-odoo: $(READY)  ## the contract suite on real Odoo 19 and 14, and the relay between them and real brokers
	@tests/odoo/up
	@tests/relay/install
	@$(BIN)/python -m pytest -q -m odoo --odoo

test-brokers: $(READY)  ## the relay with real brokers, installed from Debian's packages when they are missing
	@tests/relay/install
	@$(BIN)/python -m pytest -q -m brokers tests/relay

chaos: $(READY)  ## faults between clients and real Odoo 19 and 14; CHAOS=short takes three minutes
	@tests/odoo/up
	@$(BIN)/python -m tests.chaos $(if $(filter short,$(CHAOS)),--short)
	@tests/relay/install
	@$(BIN)/python -m tests.chaos.relay $(if $(filter short,$(CHAOS)),--short)

bench: $(READY)  ## comparisons with raw loops and other clients, written to docs/benchmarks.md; ONLY=calls runs one
	@$(BIN)/python -m bench $(ONLY) $(if $(RUNS),--runs $(RUNS)) $(if $(QUICK),--quick)

.venv-peers/.ready: requirements/peers.txt
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/peers.txt
	@touch $@

docs: $(READY) .venv-docs/.ready  ## write the generated pages, and build the website in build/website/site
	@$(BIN)/python tools/docs.py
	@$(BIN)/python tools/website.py

.venv-docs/.ready: pyproject.toml
	@$(PYTHON) -m venv .venv-docs
	@.venv-docs/bin/python -m pip install -q --disable-pip-version-check -U "pip>=25.1"
	@.venv-docs/bin/python -m pip install -q --disable-pip-version-check --group docs
	@touch $@

tutorial: $(READY)  ## follow the pages for beginners word for word, in empty folders; needs a package index
	@$(BIN)/python tools/tutorial.py

package: $(READY) .venv-package/.ready  ## build the wheel and the sdist in dist/, and try them in a clean environment
	@.venv-package/bin/python tools/package.py

.venv-package/.ready: pyproject.toml
	@$(PYTHON) -m venv .venv-package
	@.venv-package/bin/python -m pip install -q --disable-pip-version-check -U "pip>=25.1"
	@.venv-package/bin/python -m pip install -q --disable-pip-version-check --group package
	@touch $@

format: $(READY)
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

clean:
	rm -rf $(VENV) .venv-lowest .venv-tools .venv-mutants .venv-docs .venv-package .venv-peers mutants .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist build
