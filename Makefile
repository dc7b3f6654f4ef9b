# Samtale. `make` alone lists what there is; docs/dependencies.md says what gets installed.

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# Whatever runs leaves its bytecode behind, so that every server after the first starts sooner.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PACKAGES := $(wildcard chat protocol loadtests)
CODE := $(PACKAGES) tools $(wildcard tests)

.PHONY: help
help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- the two commands -----------------------------------------------------------------------------

# Most of a test is waiting: for a browser, for a server to come back. So files run beside each other,
# but the heavy tests two at a time, and those that time what they see alone.
WORKERS ?= 5

.PHONY: run test
run: .venv/.runtime ## Set up what is missing and start the demo on http://127.0.0.1:8000.
	@exec $(BIN)/samtale demo

# A failure in one part does not hide those in the next.
test: .venv/.dev ## Set up what is missing, system packages included, and run every test.
	@tools/setup_system.sh
	@failed=0; \
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
		-m "not (heavy or alone)" || failed=$$?; \
	$(BIN)/pytest -n 2 --dist worksteal -m heavy || failed=$$?; \
	$(BIN)/pytest -m alone || failed=$$?; \
	exit $$failed

# --- measures -------------------------------------------------------------------------------------

.PHONY: load capacity bench chaos
load: .venv/.dev ## Load a server with two minutes of everything; writes build/load.html and .json.
	@$(BIN)/python -m loadtests.load

capacity: .venv/.dev ## Find the highest load that keeps p99 under 100 ms; writes build/capacity.html.
	@$(BIN)/python -m loadtests.capacity

bench: .venv/.dev ## Measure what the server costs, on a quiet machine; writes build/bench.json.
	@$(BIN)/python -m loadtests.bench

chaos: .venv/.dev ## Kill, starve and break the server under load; writes build/chaos.json.
	@tools/setup_system.sh
	@$(BIN)/python -m loadtests.chaos

# --- checks ---------------------------------------------------------------------------------------

.PHONY: check lint types imports links javascript dependencies audit
check: lint types imports links javascript dependencies ## Run every check below.
	@echo "All checks passed."

lint: .venv/.dev ## Check the code's style and format.
	@$(BIN)/ruff check --quiet $(CODE)
	@$(BIN)/ruff format --quiet --check $(CODE) || { echo "Run: make format" >&2; exit 1; }

types: .venv/.dev ## Check the types.
	@$(BIN)/mypy --no-error-summary $(CODE)

imports: .venv/.dev ## Check that imports run along the arrows of the house.
	@said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said" >&2; exit 1; }

links: .venv/.dev ## Check the links and file names in the documents.
	@$(BIN)/python -m tools.check_links

javascript: ## Check the syntax and the imports of every JavaScript module.
	@if command -v node >/dev/null; \
	then node --experimental-vm-modules --no-warnings tools/check_javascript.mjs; \
	else echo "JavaScript is not checked: node is missing (make test installs it)."; fi

dependencies: .venv/.dev ## Check what is installed against the locks and their reasons.
	@$(BIN)/python -m tools.check_dependencies

audit: .venv/.dev ## Ask the public advisory database about the locked versions (needs the network).
	@tools/audit.sh

# --- upkeep ---------------------------------------------------------------------------------------

.PHONY: format lock clean
format: .venv/.dev ## Put the code into its format.
	@$(BIN)/ruff check --quiet --fix-only $(CODE)
	@$(BIN)/ruff format --quiet $(CODE)

COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
	--allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	$(if $(UPGRADE),--upgrade)

lock: .venv/.dev ## Write the lock files from pyproject.toml (UPGRADE=1 for the newest versions).
	@$(COMPILE) --build-deps-for editable --output-file requirements.lock pyproject.toml
	@$(COMPILE) --build-deps-for editable --extra dev --extra loadtests \
		--constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean: ## Remove everything that was made here; the next run sets up anew.
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than the lock it was made from, so that a second run starts at once.
.venv/.runtime: requirements.lock pyproject.toml
	@tools/setup_venv.sh requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock pyproject.toml
	@tools/setup_venv.sh requirements-dev.lock
	@touch .venv/.runtime $@
