# What a person types. Everything is written below this folder (.venv, var) but for pip's own cache.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
DEMO_DIR ?= var
CODE := prodgen_django example_shop tests benchmarks training manage.py
ARGS ?=
# One room's tests: make test ROOM=jobs
ROOM ?=
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadgroup $(if $(ROOM),tests/$(ROOM))
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow lint format soak bench clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  make test ROOM=jobs    only the tests in tests/jobs; ARGS go to pytest'
	@echo '  make demo ARGS=--once   stops after the main job; status 0 only if all of it worked'

$(STAMPS)/demo: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[demo]' --constraint constraints.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[test,lint]' --constraint constraints.txt
	@mkdir -p $(STAMPS) && touch $(STAMPS)/demo $@

# Judges our figures in one test. In a folder of its own: it brings a top-level package `tests` and asks for torchvision.
$(STAMPS)/judge: $(STAMPS)/dev
	$(BIN)/python -m pip install --quiet --no-deps --target $(VENV)/torch-fidelity torch-fidelity==0.4.0
	@touch $@

install: $(STAMPS)/dev $(STAMPS)/judge  ## Make .venv with everything that tests and checks need

demo: $(STAMPS)/demo  ## Open the example shop with its main job done, then serve it
	PRODGEN_DEMO_DIR=$(abspath $(DEMO_DIR)) $(BIN)/python manage.py migrate --verbosity 0
	PRODGEN_DEMO_DIR=$(abspath $(DEMO_DIR)) $(BIN)/python manage.py load_shop
	PRODGEN_DEMO_DIR=$(abspath $(DEMO_DIR)) $(BIN)/python manage.py demo $(ARGS)

test: $(STAMPS)/dev $(STAMPS)/judge  ## Run the tests, all but the slow ones
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: $(STAMPS)/dev $(STAMPS)/judge  ## Run the slow ones: real workers that are killed, a real browser, long trainings
	$(PYTEST) -m slow $(ARGS)

lint: $(STAMPS)/dev  ## Check style, types, the walls between the rooms, and migrations
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	PRODGEN_DEMO_DIR=$(abspath $(DEMO_DIR)) $(BIN)/python manage.py makemigrations --check --dry-run prodgen_django

format: $(STAMPS)/dev  ## Put the code into the project's form
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

soak: $(STAMPS)/dev  ## Kill real workers a hundred times on each pair of broker and database, and count what is lost
	$(BIN)/python -m tests.services.soak $(ARGS)

bench: $(STAMPS)/dev  ## Compare with other tools, each in one run, as ratios
	@for name in $$(find benchmarks -name '*.py' ! -name '__init__.py' | sed 's,/__main__,,; s,\.py$$,,; s,/,.,g' | sort); do \
		echo "== $$name"; $(BIN)/python -m $$name $(ARGS) || exit 1; done

clean:  ## Remove what the demonstration and the checks wrote (not .venv)
	rm -rf $(DEMO_DIR) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
