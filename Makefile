# The front door. `make help` lists the commands.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := $(shell command -v uv 2>/dev/null)

# Options of `make local`
RESET ?=
LOCAL ?= native
SPEED ?=

# How many processes `make test` runs tests in, each with servers of its own: most of a test is waiting for them.
WORKERS ?= 2

# Option of `make reconcile`
HOURS ?=

# Options of `make scenario`
NAME ?=
FOR ?=
STRENGTH ?=
PRODUCT ?=
RUNNER := $(if $(filter compose,$(LOCAL)),local.compose,local)

export PYTHONUNBUFFERED := 1

.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The environment: everything from the lock file, checked by hash, then this project itself.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
	  f"Vitrine needs Python 3.11 to 3.13, $(PYTHON) is {v[0]}.{v[1]}: name another with make PYTHON=python3.12 ...")'
	@if [ -n "$(UV)" ]; then \
	  echo "Installing into $(VENV) with uv ..."; \
	  "$(UV)" venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV); \
	  "$(UV)" pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock; \
	  "$(UV)" pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
	else \
	  echo "Installing into $(VENV) with pip (some 130 packages, Spark among them: a few minutes) ..."; \
	  $(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .; \
	fi
	@$(BIN)/python -m local.python_archives
	@$(BIN)/python -m local.class_archive
	@touch $(READY)

.PHONY: setup
setup: $(READY) ## Create the environment (the other commands do it when needed)

.PHONY: local
local: $(READY) ## Start everything here; RESET=1 afresh, LOCAL=compose in containers, SPEED=1440 a day a minute
ifeq ($(LOCAL),compose)
	@$(BIN)/python -m local.compose up $(if $(RESET),--reset)
else
	@$(if $(SPEED),VITRINE_SHOP_SPEED=$(SPEED)) $(BIN)/python -m local up $(if $(RESET),--reset)
endif

.PHONY: local-status
local-status: $(READY) ## Health and counts of what runs here, as JSON; exit code 0 when all is well
	@$(BIN)/python -m $(RUNNER) status

.PHONY: local-stop
local-stop: $(READY) ## Stop what runs here, in order
	@$(BIN)/python -m $(RUNNER) stop

.PHONY: scenario
scenario: $(READY) ## Let the running shop go through NAME=black-friday (FOR=10m, STRENGTH=4), or end it: NAME=normal
	@$(BIN)/python -m local run simulators scenario $(if $(NAME),$(NAME),--help) $(if $(FOR),--for $(FOR)) \
	  $(if $(STRENGTH),--strength $(STRENGTH)) $(if $(PRODUCT),--product $(PRODUCT))

.PHONY: test
test: $(READY) ## Run every test against real servers; ARGS="-k pattern" for some, WORKERS=1 in one process
	@$(BIN)/python -m tests.browser
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: lint
lint: $(READY) ## Format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(if $(wildcard Dockerfile),$(BIN)/hadolint Dockerfile)

.PHONY: format
format: $(READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lock
lock: ## Resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --generate-hashes --extra dev --python-version 3.11 --no-emit-index-url \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock

.PHONY: recovery
recovery: $(READY) ## Let the streaming job die at dangerous points and compare every pane; RUNS=200, SEED=1, JOBS=2
	$(BIN)/python -m tests.recovery

.PHONY: reconcile
reconcile: $(READY) ## Compare the running stack's closed live panes with Postgres and the ledger; HOURS=3
	@$(BIN)/python -m local run jobs.reconcile run $(if $(HOURS),--hours $(HOURS))

.PHONY: test-infra
test-infra: $(READY) ## Test what is for Google Cloud: Terraform, scripts, jobs on Dataproc; ARGS="-k pattern" for some
	TEST_WHEELHOUSE=1 $(BIN)/python -m pytest tests/infra tests/dataproc $(ARGS)

# The page of what a deployment makes; a test tells when it is old.
.PHONY: resources
resources: $(READY)
	$(BIN)/python -m tests.infra.resources > docs/deploy-resources.md

# Options of what follows: PROJECT=, REGION=, ENVIRONMENT=dev|prod, AUTO_APPROVE=1, KEEP_NETWORK=1 (destroy)
export PROJECT REGION ENVIRONMENT AUTO_APPROVE KEEP_NETWORK

.PHONY: cost
cost: ## Estimate what a month on Google Cloud costs; REGION=, ENVIRONMENT=prod (needs Terraform, no account)
	@infra/scripts/cost REGION="$(REGION)" ENVIRONMENT="$(ENVIRONMENT)"

.PHONY: deploy pause resume smoke destroy replace-cluster
deploy: ## Bring everything, or what has changed, to Google Cloud: PROJECT=my-project REGION=southamerica-east1
	@infra/scripts/deploy
pause: ## Keep the data on Google Cloud and stop what costs: PROJECT=my-project
	@infra/scripts/pause
resume: ## Bring back what was paused: PROJECT=my-project
	@infra/scripts/resume
smoke: ## Tick off what only a real project can show: PROJECT=my-project
	@infra/scripts/smoke
destroy: ## Remove everything from Google Cloud, data too: PROJECT=my-project (KEEP_NETWORK=1 is faster)
	@infra/scripts/destroy
replace-cluster: ## Replace the streaming cluster, as for other packages: PROJECT=my-project
	@infra/scripts/replace-cluster

BENCHMARKS := $(patsubst tests/benchmarks/bench_%.py,bench-%,$(wildcard tests/benchmarks/bench_*.py))
.PHONY: bench $(BENCHMARKS)
bench: $(BENCHMARKS) ## Run every benchmark, or one: make bench-NAME (SECONDS= or SCALE=)
$(BENCHMARKS): bench-%: $(READY)
	$(BIN)/python -m tests.benchmarks.bench_$(subst -,_,$*)
