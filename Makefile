# Every command that a person runs has a target here. `make` alone lists the targets.
# Without it each of a hundred processes of a test run would compile our modules for itself.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
# Twice the cores of the CI, because many tests wait for a login, a lease or an outage.
WORKERS ?= 4
ROWS ?= 300
MINUTES ?= 10
CONSULTATIONS ?= 2
SEED ?= 20261103
ROUNDS ?= 5

##@ First steps
demo: install ## Start everything on this machine, fetch three documents from the stand-in and show them
	@$(BIN)/extractor demo
up: install ## Run everything until Ctrl-C; .env replaces the embedded parts
	@$(BIN)/extractor up
install: .venv/.installed ## Install the locked packages into .venv

##@ Checks
test: install ## Run all tests, on real servers, real workers and Chromium
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup
test-matching: install ## Measure the matching on its corpus: precision, recall, refusals
	@$(BIN)/python -m tests.matching
odd-sites: install ## Play what other registries' sites do around a paid click: answers, forms, waits, save links
	@$(BIN)/pytest -n $(WORKERS) -m broad tests/pages tests/integration/learned
rehearsal: install ## Run dirty rows at a stand-in that picks its variants at random: ROWS=300 SEED=1
	@RANDOM_ROWS=$(ROWS) RANDOM_SEED=$(SEED) $(BIN)/pytest -s tests/acceptance/test_dirty_rows.py
chaos: install ## Cause every failure of the table in tests/chaos/README.md; the last line counts what was lost
	@$(BIN)/pytest -q -n 2 --dist loadfile tests/chaos
soak: install ## Run rows while processes are killed at random, from a seed: MINUTES=10 SEED=1 CONSULTATIONS=2
	@$(BIN)/python -m tests.chaos.soak --minutes $(MINUTES) --seed $(SEED) --consultations $(CONSULTATIONS)
bench: .venv/.bench-installed ## Measure what a document, a ring and a million rows cost, beside others: ROUNDS=5
	@$(BIN)/python -m bench --rounds $(ROUNDS)
lint: docs ## Check style, formatting, import rules, the documents' links, secrets, known vulnerabilities
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@.ci/secrets
	@.ci/audit
types: install ## Run the type checker
	@$(BIN)/mypy

##@ Upkeep
docs: install ## Build the site of docs/ into .data/site; a link that leads nowhere fails
	@$(BIN)/zensical build --clean --strict
pictures: install ## Take the documents' pictures again, from a real run of the stack of docker-compose.yml
	@PICTURES_DIR=docs/pictures $(BIN)/pytest -q tests/acceptance/test_compose_stack.py
lock: install ## Resolve the dependencies of pyproject.toml again
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-find-links --extra dev --extra docs pyproject.toml --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-find-links --extra bench --constraint requirements.lock pyproject.toml \
		--output-file bench/requirements.lock
format: install ## Let ruff format and fix what it can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
clean: ## Remove the virtual environment, caches and the embedded servers' data
	@rm -rf .venv .data .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv installs the locked set in seconds, pip in a minute, from the same index and into the same .venv.
# The packages are compiled here once. Otherwise every process compiles them at its start, which takes several seconds.
.venv/.installed: requirements.lock pyproject.toml
	@echo "Installing into .venv"
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# Its lock is bound by requirements.lock: beside the product's own packages it has only what is measured beside it.
.venv/.bench-installed: bench/requirements.lock .venv/.installed
	@echo "Installing what is measured beside the product into .venv"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r bench/requirements.lock
	@touch $@

.PHONY: demo up install test test-matching odd-sites rehearsal chaos soak bench lint types docs pictures lock format clean help
