# kapmonitor: `make demo` to see it, `make test` to check it. Needs Python >= 3.11 with pip, and nothing else.
PYTHON ?= python3
VENV := .venv
PIP := $(PYTHON) -m pip --python $(VENV)/bin/python --disable-pip-version-check --quiet
PORT ?= 8000
ARGS ?=
MINUTES ?= 10
PATHS := kapmonitor drivers simulators tests

# Every process compiles what it imports where this is set: a second of each start, and there are many.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test ready check mypy basedpyright bench soak wheel requirements schemas system clean

demo: $(VENV)/.demo
	@exec $(VENV)/bin/kapmonitor demo --port $(PORT) $(ARGS)

# What fails beside four others is asked once more, alone: docs/decisions/0066-asked-once-more.md.
test: ready check
	$(VENV)/bin/pytest -m "not soak" -n 5 --dist worksteal $(ARGS) || \
		$(VENV)/bin/pytest --last-failed --last-failed-no-failures none

ready:
	@$(MAKE) --no-print-directory --jobs 2 $(VENV)/.test system

check: $(VENV)/.test
	$(VENV)/bin/ruff format --check $(PATHS)
	$(VENV)/bin/ruff check $(PATHS)
	@$(MAKE) --no-print-directory --jobs 2 mypy basedpyright
	$(VENV)/bin/lint-imports

mypy basedpyright: $(VENV)/.test
	$(VENV)/bin/$@

bench: $(VENV)/.test system
	$(VENV)/bin/python -m tests.bench $(ARGS)

soak: $(VENV)/.test system
	MINUTES=$(MINUTES) $(VENV)/bin/pytest -m "soak or hypothesis" --timeout 0 $(ARGS)

schemas: $(VENV)/.test
	$(VENV)/bin/python -m kapmonitor.schemas docs/schemas

wheel: $(VENV)/.test
	$(VENV)/bin/python -m hatchling build -t wheel

# System programs that only tests need: installed where we may, else their tests are skipped with the reason.
system:
	@tests/system-programs

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/demo.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/test.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.demo

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "kapmonitor needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv --without-pip $(VENV)

# Needs uv. Pins everything, with hashes and without the address of any registry.
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
	--custom-compile-command 'make requirements' pyproject.toml requirements/build.in
requirements:
	$(COMPILE) --upgrade -o requirements/run.txt
	$(COMPILE) --extra demo --extra simulate -c requirements/run.txt -o requirements/demo.txt
	$(COMPILE) --extra demo --extra simulate --extra pdf --extra postgresql --extra test -c requirements/demo.txt -o requirements/test.txt

clean:
	rm -rf $(VENV) dist build bench.json .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
