# Every target sets itself up: it needs a Python >= 3.11, make and a package index, nothing else.
# `make help` lists the targets. Choose an interpreter with `make PYTHON=python3.12 ...`.

PYTHON ?=
CONF ?= sim/scenarios/sentinel.conf
PYTEST_ARGS ?=
BENCH_ARGS ?=
LIVE_ROUNDS ?= 10
COMPARE_RUNS ?= 40
MINUTES ?= 10
MUTANTS ?=
SEED ?= 0
SCALE ?= 10
LOAD_ARGS ?=

# A worker takes tests that stand together, so that what they share is made once, and takes over from
# another when it has nothing left.
IN_PARALLEL := -n auto --maxprocesses 8 --dist worksteal

# The usual environment, or one for each interpreter that was asked for.
VENV := .venv$(if $(PYTHON),-$(subst /,-,$(PYTHON)))
BIN := $(VENV)/bin
SOURCES := minisentinel sim tests tools docs/conf.py $(wildcard benchmarks)

# One environment, filled as far as a target needs it. A stamp is renewed when pyproject.toml is
# newer; the stamp of `dev` contains what `demo` needs.
DEMO := $(VENV)/.installed-demo
DEV := $(VENV)/.installed-dev
DOCS := $(VENV)/.installed-docs
# The peers of the benchmarks bring plugins for pytest along, so they live apart.
BENCH_VENV := $(VENV)-bench
BENCH := $(BENCH_VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint format-check types layers conformance conformance-write \
	notebooks images scenario-pages reference-pages code-in-pages bench docs wheel-test coverage \
	golden live explore fuzz soak mutants abuse load \
	compare-reference compare-live jepsen expectations determinism pages setup clean distclean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | expand -t 20

demo: $(DEMO) ## kill a master in the simulator; log, trace and picture go to out/
	@mkdir -p out
	$(BIN)/minisentinel-sim run kill-master --conf $(CONF) \
		--trace out/kill-master.jsonl --plot out/kill-master.png --plot out/kill-master.svg
	@echo "The timeline is in out/kill-master.png and out/kill-master.svg."

test: $(DEV) ## the tests, on all processors
	$(BIN)/python -m pytest $(IN_PARALLEL) $(PYTEST_ARGS)

check: format-check lint types layers conformance test ## everything a change must pass

format: $(DEV) ## format the code and mend what the linter can
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

format-check: $(DEV)
	$(BIN)/ruff format --check $(SOURCES)

lint: $(DEV) ## ruff
	$(BIN)/ruff check $(SOURCES)

types: $(DEV) ## mypy, strict
	$(BIN)/mypy

layers: $(DEV) ## who may import whom
	$(BIN)/lint-imports --no-logo

conformance: $(DEV) ## every rule of the specification has a status, and docs/conformance.md shows it
	$(BIN)/python -m tools.conformance --check

conformance-write: $(DEV) ## write docs/conformance.md anew
	$(BIN)/python -m tools.conformance --write

golden: $(DEV) ## run the tests and rewrite the golden files; read the diff afterwards
	$(BIN)/python -m pytest --rewrite-golden $(PYTEST_ARGS)

live: $(DEV) ## failovers with real servers, over and over, and a table; LIVE_ROUNDS=10
	LIVE_ROUNDS=$(LIVE_ROUNDS) $(BIN)/python -m pytest -n 4 tests/live/test_long.py $(PYTEST_ARGS)

compare-live: $(DEV) ## real Sentinels and ours in turn: order and times, a table; COMPARE_RUNS=40
	$(BIN)/python -m tests.live.compare --runs $(COMPARE_RUNS)

compare-reference: $(DEV) ## the simulator beside recorded runs: a table, and pictures in out/reference/
	$(BIN)/python -m tools.compare_reference --figures out/reference

explore: $(DEMO) ## elections in every order of messages and crashes, up to a bound; what was found
	$(BIN)/python -m sim.adversary explore
	$(BIN)/python -m sim.adversary explore two-masters two-addresses --rules safer-tally
	$(BIN)/python -m sim.adversary random growing-to-5 --runs 2000
	$(BIN)/python -m sim.adversary mutants

jepsen: $(DEV) ## the experiment of 2013, a hundred runs of five variants: tables, and what the tests keep
	$(BIN)/python -m tests.jepsen.figures

expectations: $(DEV) ## every fault of every shipped scenario left out in turn: something must be missed
	NEEDED_FAULTS_ALL=1 $(BIN)/python -m pytest -q $(IN_PARALLEL) \
		tests/scenarios/test_expectations_need_their_faults.py

determinism: $(DEV) ## every shipped scenario on every Python that is here: the same digests
	DETERMINISM_ALL=1 $(BIN)/python -m pytest -q $(IN_PARALLEL) \
		tests/determinism/test_every_python.py

pages: $(DEV) ## the code in tutorial and how-to pages prints what they show
	PAGES_ALL=1 $(BIN)/python -m pytest -q $(IN_PARALLEL) tests/ground/test_docs.py -k code_in_a_page

fuzz: $(DEV) ## look for inputs that break something; MINUTES=10 SEED=0
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) --seed $(SEED)

soak: $(DEV) ## run random stories on all processors, with a report in out/soak; MINUTES=60
	$(BIN)/python -m sim.search soak --minutes $(MINUTES) --out out/soak

mutants: $(DEV) ## hunt every planted bug: a table, and docs/mutants.md anew; MUTANTS="votes-again hearsay"
	$(BIN)/python -m sim.search.mutants $(if $(MUTANTS),$(MUTANTS),--page docs/mutants.md)

abuse: $(DEV) ## attack a live Sentinel in every way, kill it often, and print a table; SCALE=10
	$(BIN)/python -m tests.server.abuse --scale $(SCALE)
	DURABILITY_KILLS=$$((5 * $(SCALE))) $(BIN)/python -m pytest -q tests/server/test_durability.py

load: $(DEV) ## a Sentinel that watches a hundred masters, beside real ones: a table
	$(BIN)/python -m benchmarks.live_load $(LOAD_ARGS)

coverage: $(DEV) ## the tests with branch coverage
	$(BIN)/python -m pytest $(IN_PARALLEL) --cov --cov-report=term $(PYTEST_ARGS)

notebooks: $(DEV) ## execute every notebook
	$(BIN)/python -m tools.notebooks

images: $(DEMO) ## draw the pictures of the documentation again
	$(BIN)/python -m tools.scenario_pages --images

reference-pages: $(DEV) ## write docs/reference/ anew, from parsers, records and packages
	$(BIN)/python -m tools.reference_pages --write

code-in-pages: $(DEV) ## run the code in tutorial and how-to pages, and put in what it prints
	$(BIN)/python -m tools.pages --write docs/tutorial/*.md docs/howto/*.md

scenario-pages: $(DEMO) ## write docs/scenario-schema.md and docs/gallery.md anew
	$(BIN)/python -m tools.scenario_pages --write

bench: $(BENCH) ## events per second, beside other simulators
	$(BENCH_VENV)/bin/python -m benchmarks $(BENCH_ARGS)

docs: $(DOCS) ## the documentation as a site, in out/site
	$(BIN)/sphinx-build --quiet --nitpicky --fail-on-warning --keep-going --jobs auto \
		-c docs -d out/site-cache . out/site
	@echo "The site begins at out/site/index.html."

wheel-test: $(DEMO) ## build a wheel and try it in an empty environment elsewhere
	$(BIN)/python -m tools.wheel_test

setup: $(DEV) ## only set up the environment

clean: ## remove what was made, except the environments
	rm -rf out build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache
	find minisentinel sim tests tools -type d -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## remove the environments too
	rm -rf .venv .venv-*

$(DEMO): pyproject.toml
	@tools/install $(VENV) plot $(PYTHON)
	@touch $@

$(DEV): pyproject.toml
	@tools/install $(VENV) dev $(PYTHON)
	@touch $@ $(DEMO)

$(BENCH): pyproject.toml
	@tools/install $(BENCH_VENV) bench $(PYTHON)
	@touch $@

$(DOCS): pyproject.toml
	@tools/install $(VENV) docs $(PYTHON)
	@touch $@
