# Set-up and checks; everything else is `uv run siaga ...`.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

UV := $(shell command -v uv 2>/dev/null || echo python3 -m uv)
PY310 ?= $(shell ls -d $$HOME/.pyenv/versions/3.10.*/bin/python3.10 2>/dev/null | tail -n 1 | grep . || echo 3.10)
# The service's interpreter; the lower bound of the project itself is Rasa's.
export UV_PYTHON ?= >=3.11
RASA := UV_PROJECT_ENVIRONMENT=.venv-rasa $(UV) run --python $(PY310) --no-default-groups --group rasa
export RASA_TELEMETRY_ENABLED := false

.PHONY: help uv setup demo test check bench bench-nlu soak train smoke rasa

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

uv:
	@# Debian's Python refuses plain pip; uv is one file and touches nothing of the system's.
	@command -v uv >/dev/null 2>&1 || python3 -c 'import uv' 2>/dev/null || python3 -m pip install --quiet uv 2>/dev/null || python3 -m pip install --quiet --user --break-system-packages uv

setup: uv ## the service's environment
	@$(UV) sync --quiet --frozen

demo: setup ## web chat, admin, LAPOR! simulator on SQLite; nothing else needed
	@$(UV) run --frozen siaga demo

test: uv ## lint, types, import rules and all tests, from nothing
	@bash scripts/test.sh

check: uv ## lint, types, import rules, fast tests
	@$(UV) sync --quiet --frozen --group dev
	@$(UV) run --frozen --group dev ruff check .
	@$(UV) run --frozen --group dev mypy
	@$(UV) run --frozen --group dev lint-imports
	@$(UV) run --frozen --group dev pytest --numprocesses 2 --dist loadfile tests --ignore=tests/e2e --ignore=tests/chaos --ignore=tests/learning

rasa: uv ## Rasa's own environment (Python 3.10)
	@UV_PROJECT_ENVIRONMENT=.venv-rasa $(UV) sync --quiet --frozen --python $(PY310) --no-default-groups --group rasa

bench: uv ## the benchmark with its table: a burst of messages through the whole house
	@$(UV) sync --quiet --frozen --group dev
	@$(UV) run --frozen --group dev python -m scripts.bench_inbound

bench-nlu: uv ## speed of understanding, in process and through a Rasa server (when `make rasa` was run)
	@$(UV) sync --quiet --frozen --group dev
	@$(UV) run --frozen --group dev python -m scripts.bench_nlu

soak: uv ## the long chaos run on both databases; writes its table into docs/reliability.md
	@$(UV) sync --quiet --frozen --group dev
	@$(UV) run --frozen --group dev python -m scripts.soak

smoke: rasa ## a small training with Rasa, compared live with our runtime
	@$(RASA) --frozen python -m nlu.train --smoke
	@$(RASA) --frozen python -m pytest -c /dev/null --rootdir . --confcutdir=tests/learning tests/learning

train: rasa ## train with Rasa, export to data/model/, evaluate
	@$(RASA) --frozen python -m nlu.train
	@$(UV) run --frozen siaga nlu evaluate data/nlu/dev/*.yml
