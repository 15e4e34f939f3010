# Everything a person runs has a name here. `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.9
# One more than the cores of our CI: many tests wait for a login, a lease, an outage.
WORKERS ?= 3
ROWS ?= 300
MINUTES ?= 10
CONSULTATIONS ?= 2
SEED ?= 20261103

##@ First steps
demo: install ## Start everything on this machine, fetch three documents from the stand-in, show them
	@$(BIN)/extractor demo
up: install ## Run everything until Ctrl-C; .env replaces the embedded parts
	@$(BIN)/extractor up
install: .venv/.installed ## Install the locked packages into .venv

##@ Checks
test: install ## All tests, on real servers, workers and Chromium
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup
test-matching: install ## The matching corpus: precision, recall, refusals
	@$(BIN)/python -m tests.matching
rehearsal: install ## Dirty rows at a site that plays all its variants at random: ROWS=300 SEED=1
	@RANDOM_ROWS=$(ROWS) RANDOM_SEED=$(SEED) $(BIN)/pytest -s tests/acceptance/test_dirty_rows.py
chaos: install ## Every failure of the table in tests/chaos/README.md; the last line counts what was lost
	@$(BIN)/pytest -q -n 2 --dist loadfile tests/chaos
soak: install ## Rows under seeded random kills: MINUTES=10 SEED=1 CONSULTATIONS=2
	@$(BIN)/python -m tests.chaos.soak --minutes $(MINUTES) --seed $(SEED) --consultations $(CONSULTATIONS)
lint: docs ## Style, formatting, the import rule, the documents' links, secrets, known vulnerabilities
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@.ci/secrets
	@.ci/audit
types: install ## The type checker
	@$(BIN)/mypy

##@ Upkeep
docs: install ## Build the site of docs/ into .data/site; a link that leads nowhere fails
	@$(BIN)/zensical build --clean --strict
pictures: install ## Take the documents' pictures anew, from a real run of the stack of docker-compose.yml
	@PICTURES_DIR=docs/pictures $(BIN)/pytest -q tests/acceptance/test_compose_stack.py
lock: install ## Resolve the dependencies of pyproject.toml again
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-find-links --all-extras pyproject.toml --output-file requirements.lock
format: install ## Let ruff format and fix what it can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
clean: ## Remove the virtual environment, caches and the embedded servers' data
	@rm -rf .venv .data .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# uv installs the locked set in seconds where pip takes a minute; it comes from the same index, into the same .venv.
# Compiled here once: or every process that starts compiles for itself, several seconds of it.
.venv/.installed: requirements.lock pyproject.toml
	@echo "Installing into .venv"
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: demo up install test test-matching rehearsal chaos soak lint types docs pictures lock format clean help
