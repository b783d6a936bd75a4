# Everything runs in .venv: nothing is installed globally, and every target sets up what it needs.
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	command -v $$p >/dev/null 2>&1 && { echo $$p; break; }; done)

.PHONY: help install demo test spark variables sequences faults fuzz truth feast lint check docs site bench clean lock

help:
	@echo "make install   create .venv with the locked packages (demo does it when needed)"
	@echo "make demo      feeds -> warehouse -> published snapshot -> report; FEEDS=dir CONNECTOR=name VARS='{...}' OPEN=1"
	@echo "make test      run the tests; ARGS='-k name' is passed to pytest"
	@echo "make spark     all of Spark's tests, with the deaths at every statement (needs Java 17)"
	@echo "make variables every variable changed in turn: increments equal a full refresh (minutes)"
	@echo "make sequences two hundred random orders of commands, and builds that leave alone what has no news (an hour)"
	@echo "make faults    two hundred commands killed at random moments on DuckDB and PostgreSQL (hours); TRIALS=n FIRST=n"
	@echo "make fuzz      a million wrong rows: no traceback, no row lost, nothing personal shown (half an hour); ROWS=n"
	@echo "make truth     causal estimates on forty synthetic banks with effects and forty without (two hours); SEEDS=n"
	@echo "make feast     Feast reads the exported features of data/ and answers as a join by hand (a minute)"
	@echo "make lint      ruff, mypy and sqlfluff"
	@echo "make check     make lint and the convention tests"
	@echo "make docs      write what the documents derive from models and charts"
	@echo "make site      the documentation as pages beside the reports; they open without a network"
	@echo "make bench     run the benchmarks (minutes; nothing is asserted)"
	@echo "make clean     remove caches, dbt artefacts and reports; .venv and data/ stay"

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: no python3 found: install Python 3.11 or newer" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		"error: $$($(PYTHON) --version) is too old: install Python 3.11+, or name one: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo \
		"error: python3-venv is missing: sudo apt install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; exit 2; }
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@echo "installing the locked packages into $(VENV) (a minute or two the first time)" >&2
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# What tests and checks need besides: the other engines, linters, a test runner.
$(INSTALLED_DEV): requirements-dev.lock $(INSTALLED)
	@echo "installing the locked packages of tests and checks into $(VENV) (minutes the first time)" >&2
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(INSTALLED)
	@$(BIN)/fa demo $(if $(FEEDS),--feeds "$(FEEDS)") $(if $(CONNECTOR),--connector "$(CONNECTOR)") \
		$(if $(VARS),--vars '$(VARS)') $(if $(OPEN),--open)

test: $(INSTALLED_DEV)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --durations 40 $(ARGS)

spark: $(INSTALLED_DEV)
	@$(BIN)/python -m pytest -m 'spark_deaths or not spark_deaths' tests/parity/test_spark.py tests/unit/test_spark_session.py $(ARGS)

variables: $(INSTALLED_DEV)
	@$(BIN)/python -m pytest -m variables tests/parity/test_variables.py $(ARGS)

sequences: $(INSTALLED_DEV)
	@$(BIN)/python -m pytest -m 'sequences or not sequences' tests/faults/test_sequences.py tests/faults/test_skips.py tests/parity/test_bytes.py $(ARGS)

TRIALS ?= 200
FAULTS ?= kill
FIRST ?= 1
faults: $(INSTALLED_DEV)
	@$(BIN)/python benchmarks/faults.py --faults $(FAULTS) --trials $(TRIALS) --first $(FIRST)

ROWS ?= 1000000
fuzz: $(INSTALLED_DEV)
	@$(BIN)/python benchmarks/fuzz.py --rows $(ROWS)

# Banks that were done before are not done again: it may be stopped.
SEEDS ?= 40
truth: $(INSTALLED)
	@$(BIN)/fa validate truth --seeds $(SEEDS) --page docs/truth.md

# Every check runs, whatever the one before it found.
lint: $(INSTALLED_DEV)
	@mkdir -p target/lint; failed=""; \
	run() { echo "== $$*" >&2; "$$@" || failed="$$failed $$(basename $$1)"; }; \
	run $(BIN)/ruff check --quiet .; \
	run $(BIN)/ruff format --check --quiet .; \
	run $(BIN)/mypy; \
	FA_DATA_DIR=target/lint run $(BIN)/sqlfluff lint --processes 2 --disable-progress-bar \
		models $(wildcard tests/warehouse/singular); \
	run $(BIN)/python -m pytest --noconftest tests/conventions/test_macros.py; \
	test -z "$$failed" || { echo "error: failed:$$failed" >&2; exit 1; }

check: $(INSTALLED_DEV)
	@status=0; $(MAKE) --no-print-directory lint || status=1; \
	$(BIN)/python -m pytest tests/conventions || status=1; exit $$status

# Feast has an environment of its own: its packages are none of ours.
FEAST := .venv-feast
feast: $(INSTALLED)
	@test -x $(FEAST)/bin/feast || { $(BIN)/python -m venv $(FEAST) && $(FEAST)/bin/python -m pip install \
		--quiet --disable-pip-version-check 'feast[duckdb]>=0.67,<0.68'; }
	@mkdir -p target && $(BIN)/fa export features target/feast >/dev/null
	@$(FEAST)/bin/python -W ignore benchmarks/feast_store.py target/feast

docs: $(INSTALLED)
	@$(BIN)/python docs/generate.py

site: $(INSTALLED_DEV) docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo visualizations/outputs/docs/index.html

bench: $(INSTALLED_DEV)
	@set -e; for script in $(filter-out %/feast_store.py %/faults.py %/fuzz.py,$(wildcard benchmarks/[a-z]*.py)); do echo "== $$script" >&2; $(BIN)/python "$$script"; done

clean:
	rm -rf target logs build dist visualizations/outputs .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-emit-index-url --no-annotate --no-header --quiet

# After a change of dependencies in pyproject.toml.
lock: $(INSTALLED_DEV)
	$(PIP) uv
	$(COMPILE) --extra build --extra live --extra bi -o requirements.lock
	$(COMPILE) --all-extras -c requirements.lock -o requirements-dev.lock
