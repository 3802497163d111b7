# make train   trains the small convnet on MNIST and tells what came of it
# make test    runs every test
# Each installs what it needs into .venv first; a second call starts at once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on

.PHONY: help train test lint clean

help:
	@sed -n 's/^# //p' Makefile

train: $(VENV)/.installed-plots
	@$(BIN)/minicnn train $(ARGS)

test: $(VENV)/.installed-test
	@$(BIN)/python -m pytest -q $(ARGS)

lint: $(VENV)/.installed-lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

clean:
	rm -rf $(VENV) runs build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written only when its installation went through, so a broken one is taken up again.
$(VENV)/.installed-%: pyproject.toml | $(VENV)/.created
	@echo "Installing minicnn[$*] into $(VENV) …"
	@$(INSTALL) --editable ".[$*]"
	@touch $@

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "minicnn needs Python 3.11 \
	or newer and $(PYTHON) is %d.%d: install one and say make PYTHON=python3.12" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV)
	@touch $@
