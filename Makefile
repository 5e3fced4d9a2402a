# Each target makes what it needs: a fresh clone and Python 3.11 or newer are enough.
PYTHON ?= python3
BIN := .venv/bin
USE := .venv/.use
DEV := .venv/.dev
BENCH := .venv/.bench
RELEASE := .venv/.release

.PHONY: demo test suite coverage test-postgresql lint format cassettes model-tables docs docs-site bench soak test-faults dist \
	test-dist constraints audit clean

demo: $(USE)
	$(BIN)/amzlink demo

test: lint suite

# A worker without work takes over the last half of another's: what stands at the beginning of a list stays together.
suite: $(DEV)
	$(BIN)/pytest -n auto --dist worksteal

# Reports which lines and branches no test goes through; TESTS chooses the tests. The workers and the processes that they
# fork count too, but for those that are killed, and those that get a new environment. It takes twice as long as the tests.
coverage: $(DEV)
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest -n auto --dist worksteal $(TESTS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(DEV)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Records the cassettes of the Amazon client's tests anew, from the sandbox.
cassettes: $(DEV)
	$(BIN)/python scripts/record_cassettes.py

# Writes what the contract tests hold to, from the services' models in ../shared.
model-tables: $(DEV)
	$(BIN)/python scripts/write_model_tables.py

# The tests of the order book and of the jobs with the order book on a PostgreSQL server, which they start themselves.
test-postgresql: $(DEV)
	AMZLINK_TEST_POSTGRESQL=1 $(BIN)/pytest -n auto --dist worksteal tests/orderbook tests/jobs

# Writes the parts of the documentation that come from the code, and what the commands on its pages print.
docs: $(DEV)
	$(BIN)/python scripts/write_docs.py
	$(BIN)/python -m scripts.play_docs

# Builds the site from docs/, into site/. A link or an anchor that leads nowhere is an error.
docs-site: $(DEV)
	$(BIN)/zensical build --strict --clean

# Measures what amzlink costs, prints one table and writes it to benchmarks/results.md.
bench: $(BENCH)
	$(BIN)/python -m benchmarks

# The long form of the seeded tests.
soak: $(DEV)
	AMZLINK_SOAK=1 $(BIN)/pytest -m soak --timeout 3600

# Every command against every fault of the sandbox, each in a process of its own.
test-faults: $(DEV)
	$(BIN)/pytest -n auto -m faults

# Builds the wheel and the sdist of the last commit into dist/, twice, and checks them.
dist: $(RELEASE)
	$(BIN)/python scripts/make_dist.py

# Installs what `make dist` has built, in each way that the documentation names and this machine has, and tries it.
test-dist: dist
	$(BIN)/python scripts/try_dist.py

# Writes constraints.txt anew, with the newest versions that amzlink takes.
constraints:
	$(PYTHON) scripts/write_constraints.py

# Asks whether a version in constraints.txt has a known vulnerability. One that could not be asked about is a failure.
audit: $(RELEASE)
	$(BIN)/python scripts/audit.py

clean:
	rm -rf .venv dist build site .cache .coverage*

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

$(USE): pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV): pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@ $(USE)

$(BENCH): pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable . --group dev --group bench
	@touch $@ $(DEV) $(USE)

$(RELEASE): pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable . --group dev --group release
	@touch $@ $(DEV) $(USE)
