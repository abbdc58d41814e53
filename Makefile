.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 python3.12 python3.13 python3 | head -n 1)
VENV ?= .venv
BIN := $(VENV)/bin
T ?= tests

##@ The two commands
.PHONY: up test
up: $(VENV)/.installed .state/sandbox ## Install, make the PKI, start everything with a demo contest on http://localhost:8080
	@$(BIN)/palestra up
test: $(VENV)/.installed-test .state/system ## Install what the tests need and run them all (T=path runs one)
	@$(BIN)/python -m tools.run_tests $(T)

##@ The mesh
.PHONY: mesh mesh-down mesh-status mesh-restart chaos
mesh: $(VENV)/.installed-test .state/system ## Everything on one machine without containers: RabbitMQ, Redis, PostgreSQL, nginx, each service a process (var/mesh)
	@$(BIN)/python -m compose.local up
mesh-down: ## End all of it by pid; what it kept stays
	@$(BIN)/python -m compose.local down
mesh-status: ## Each process of it, and whether it is ready
	@$(BIN)/python -m compose.local status
mesh-restart: ## Every service of it anew, one process after the other, while people go on working
	@$(BIN)/python -m compose.local restart
chaos: $(VENV)/.installed-test .state/system ## Kill, stop, cut and fill everything under load, and see that every promise holds (CHAOS_SEED=7)
	@$(BIN)/python -m tests.chaos

##@ Containers
.PHONY: compose-test
compose-test: $(VENV)/.installed-test ## Build the images, bring compose/ up in a Docker engine, run a contest, try networks and restarts, take it down (10 min)
	@$(BIN)/python -m compose.test

##@ While developing
.PHONY: dev demo lint docs bench pki
dev: $(VENV)/.installed-test .state/sandbox ## Everything on embedded defaults, restarted whenever a file is saved
	@$(BIN)/watchfiles --filter python --sigint-timeout 20 '$(BIN)/palestra up' contest wire mesh pki services
demo: $(VENV)/.installed ## Load the demo contest into a running house (PALESTRA_ADMIN_PASSWORD or var/admin.password)
	@$(BIN)/python demo/load.py --url http://localhost:8080
lint: $(VENV)/.installed-test ## Rooms, names, types: ruff, mypy strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
docs: $(VENV)/.installed ## Write the generated tables of docs/ anew
	@$(BIN)/python -m tools.tables
bench: $(VENV)/.installed-test .state/system ## Measure everything, as ratios in one run, into benchmarks/report.md
	@$(BIN)/python -m benchmarks
pki: $(VENV)/.installed ## Make the certificate authority and every certificate that is missing (var/pki)
	@$(BIN)/palestra pki --folder var/pki bootstrap

##@ Housekeeping
.PHONY: system languages clean lock help
system: .state/system ## Install the Debian packages that tests and benchmarks use
languages: ## Install the compilers and interpreters of every language (450 MB); a runner offers what it finds when it starts
	@bash tools/system.sh languages
lock: $(VENV)/.installed-test ## Resolve the dependencies anew into requirements*.lock
	@$(BIN)/python -m tools.lock
clean: ## Forget the virtual environment, caches and var/ (asks first)
	@bash tools/clean.sh
help: ## Show this help
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*##/ {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@bash tools/make_venv.sh "$(PYTHON)" "$(VENV)"
$(VENV)/.installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	@bash tools/install.sh "$(VENV)" requirements.lock && touch $@
$(VENV)/.installed-test: pyproject.toml requirements-test.lock | $(VENV)/bin/python
	@bash tools/install.sh "$(VENV)" requirements-test.lock && touch $@ $(VENV)/.installed
.state/sandbox: tools/system.sh
	@mkdir -p .state && bash tools/system.sh sandbox && touch $@
.state/system: tools/system.sh
	@mkdir -p .state && bash tools/system.sh all && touch $@ .state/sandbox
