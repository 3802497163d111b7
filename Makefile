# make train   trains the small convnet on MNIST and shows what came of it
# make studio  opens a page to draw digits and look inside that network
# make test    runs every test, on up to four processors at once
# make bench   times minicnn beside Keras (about 45 minutes; ten with ARGS=--quick)
# make lint    looks the code over with ruff
# make compare       compares with real Keras, the quick version of all (ten minutes)
# make compare-full  the same at full length: all seeds and steps (hours)
# make clean   removes .venv and everything that was made
#
# Each installs what it needs into .venv first; the next time it starts at once.
# ARGS adds to the command:   make train ARGS="--epochs 1"   make test ARGS=tests/ops

SHELL := bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help train studio test bench lint compare compare-full clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

train: $(VENV)/.installed-plots
	@$(BIN)/minicnn train $(ARGS)

studio: $(VENV)/.installed-studio
	@$(BIN)/minicnn studio $(ARGS)

test: $(VENV)/.installed-test
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --max-worker-restart 0 $(ARGS)

bench: $(VENV)/.installed-bench
	@$(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/.installed-lint
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

compare: $(VENV)/.installed-test
	@$(BIN)/python -m compare all --quick $(ARGS)

compare-full: $(VENV)/.installed-test
	@$(BIN)/python -m compare all $(ARGS)

clean:
	rm -rf $(VENV) runs build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written once its installation went through, so a broken one is taken up again.
$(VENV)/.installed-%: pyproject.toml | $(VENV)/.created
	@echo "Installing minicnn[$*] into $(VENV):"
	@set -o pipefail; $(BIN)/python -m pip install --disable-pip-version-check --editable ".[$*]" \
	| awk '/^Collecting/ { sub(/[^A-Za-z0-9_.-].*/, "", $$2); printf " %s", $$2; fflush(); n++ } END { if (n) print "" }'
	@touch $@

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "minicnn needs Python 3.11 or \
	newer, but $(PYTHON) is %d.%d: say which to use, as in make PYTHON=python3.12 train" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV)
	@touch $@
