# Everything runs inside .venv, which the first target makes. Programs are called as `python -m`: the first
# line of an installed script breaks where the folder's name holds a space.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: run test lint check bench shape texts help venv dev chromium

PYTHON ?=
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --no-input --disable-pip-version-check --require-hashes
export PIP_ROOT_USER_ACTION := ignore
TESTS ?= -n 3 --dist worksteal

help: ## show these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile

run: venv ## start everything on http://127.0.0.1:5000 (PORT changes it); Ctrl-C stops it
	@exec $(PY) -m backoffice.launch --end-with-parent

test: dev chromium ## run all tests with servers of their own
	@$(PY) -m pytest -rs $(TESTS)

lint: dev ## ruff, format and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

check: lint test ## lint and test

bench: dev ## measure the speed, as ratios
	@$(PY) -m bench

shape: venv ## print the signs of drift in the code; never fails
	@$(PY) -m bench.shape

# A sentence that an error brings is the second argument of Refused and Invalid, the first of NotFound.
TEXTS := backoffice/translations
BABEL := $(PY) -m babel.messages.frontend -q
texts: dev ## find the texts to translate, and make ready those that are
	@$(BABEL) extract -F $(TEXTS)/babel.cfg -k lazy_gettext -k Refused:2 -k Invalid:2 -k NotFound:1 --no-location \
		--sort-output --project='Back office' -o $(TEXTS)/texts.pot backoffice templates/public
	@$(BABEL) update --no-fuzzy-matching --ignore-obsolete -w 120 -i $(TEXTS)/texts.pot -d $(TEXTS)
	@$(BABEL) compile -d $(TEXTS)
	@rm $(TEXTS)/texts.pot

# A venv whose Python has gone (an upgrade, a copied folder) is made again.
venv: ## make .venv from requirements.txt
	@$(PY) -c 'import pip' 2>/dev/null || { rm -rf .venv; $(find_python); "$$found" -m venv .venv; }
	@cmp -s requirements.txt .venv/installed.txt || { echo "Installing the requirements ..."; \
		$(PIP) -r requirements.txt && cp requirements.txt .venv/installed.txt; }

dev: venv ## add what the tests and the lint need
	@cmp -s requirements-dev.txt .venv/installed-dev.txt || { echo "Installing the development requirements ..."; \
		$(PIP) -r requirements-dev.txt && cp requirements-dev.txt .venv/installed-dev.txt; }

# A name on PATH proves nothing (version managers leave stubs), so each is asked.
define find_python
	found=; \
	for name in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
		if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then found="$$name"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "No Python 3.11 or newer with venv was found. Install one (Debian: apt-get install python3 python3-venv)," \
			"or name it: make run PYTHON=/path/to/python3" >&2; exit 1; \
	fi
endef

chromium:
	@for name in "$$CHROMIUM" chromium-headless-shell chromium chromium-browser google-chrome; do \
		command -v "$$name" >/dev/null 2>&1 && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing Chromium for the browser tests ..."; \
		apt-get install -y -qq chromium >/dev/null 2>&1 || \
			{ apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq chromium >/dev/null 2>&1; } && exit 0; \
	fi; \
	echo "Chromium was not found: the browser tests will be skipped. Install it, or set CHROMIUM to its path."
