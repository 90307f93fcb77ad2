# `make help` lists the commands. Needs Python 3.11 or newer and a package index; works with GNU make from 3.81 on.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python

.PHONY: help run test test-postgres test-redis test-stores test-compose fuzz check format eval calibrate bench chaos lock clean environment tools

help: # Lists what stands behind '##' and the groups behind '##@'.
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

##@ Use
run: environment ## serve on http://127.0.0.1:8000 until Ctrl-C; choose another address by PORT=8080, HOST=...
	@exec $(PYTHON) manage.py serve --end-with $$PPID

##@ Develop
test: tools ## run all tests on the embedded defaults; nothing has to be prepared
	@PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder
# With bytecode, whatever the shell says: without it each of the processes compiles 700 files for 13 s.
# Two more than cores: half of the tests wait for programs. In the order of folders: those that take longest come first.
TEST_PROCESSES = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)

test-postgres: tools ## run the tests of runs, HTTP, commands and crashes on PostgreSQL; TEST_DATABASE_URL=... names a server
	@TEST_DATABASE_URL="$${TEST_DATABASE_URL:-bundled}" $(PYTHON) -m pytest --numprocesses auto --dist loadfile tests/unit/engine tests/contract/test_run_store.py \
		tests/contract/test_standings.py tests/contract/test_idempotency.py tests/contract/test_concept_graph.py tests/integration/entrypoints/shell/test_polling.py \
		tests/contract/test_checkpoints.py tests/integration/adapters/test_migrations.py tests/integration/adapters/test_standby.py tests/integration/adapters/sql \
		tests/integration/entrypoints/http tests/integration/entrypoints/commands/test_retry_runs.py \
		tests/integration/entrypoints/commands/test_doctor.py tests/integration/entrypoints/commands/test_backup_elsewhere.py \
		tests/acceptance/test_crashes.py tests/acceptance/test_postgres.py

test-redis: tools ## run the tests of the broker on a Redis: redis-server, or the program that TEST_REDIS_SERVER=... names
	@TEST_REDIS_SERVER="$${TEST_REDIS_SERVER:-$$(command -v redis-server)}"; \
	if [ -z "$$TEST_REDIS_SERVER" ]; then echo "There is no redis-server here; TEST_REDIS_SERVER=... names one." >&2; exit 1; fi; \
	TEST_REDIS_SERVER="$$TEST_REDIS_SERVER" $(PYTHON) -m pytest --numprocesses auto --dist loadfile tests/contract/test_model_slots.py tests/integration/adapters/celery \
		tests/integration/entrypoints/commands/test_celery_monitor.py \
		tests/integration/entrypoints/commands/test_interrupted_ingest.py tests/acceptance

test-stores: tools ## run the tests of passages in Weaviate and concepts in Neo4j: TEST_WEAVIATE_URL=..., TEST_NEO4J_URI=...
	@for name in TEST_WEAVIATE_URL TEST_NEO4J_URI; do \
		if [ -z "$$(printenv $$name)" ]; then echo "$$name names no server: its tests are skipped." >&2; [ "$$CI" != true ] || exit 1; fi; \
	done; \
	$(PYTHON) -m pytest tests/contract/test_passage_index.py tests/contract/test_concept_graph.py \
		tests/integration/adapters/weaviate tests/integration/adapters/neo4j tests/acceptance/test_weaviate_away.py \
		$(wildcard tests/integration/entrypoints/commands/test_move_*.py)

test-compose: tools ## play the guide in containers; needs docker-compose and a Docker engine, and the ports 8000 and 6379
	@.ci/compose

fuzz: tools ## send the API thousands of requests that are made of its own description; choose how many by REQUESTS=...
	@$(PYTHON) -m pytest --show-capture=no --tb=short tests/integration/entrypoints/http/test_fuzz.py --requests $(REQUESTS)
REQUESTS := 7000

check: tools ## check format, lint, types, imports and architecture
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports
	@$(PYTHON) -m pytest -q tests/architecture

format: tools ## format the code and repair what lint can
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

##@ Measure
KIT ?= ../shared

eval: tools ## measure what students get; COURSE=id or MATERIAL=paths with QUESTIONS=files, else the kit; BASELINE=store
	@$(PYTHON) -m evaluation.measuring --kit $(KIT) $(if $(COURSE),--course $(COURSE)) $(if $(MATERIAL),--material $(MATERIAL)) \
		$(if $(PASSAGES),--passages $(PASSAGES)) $(if $(QUESTIONS),--questions $(QUESTIONS)) $(if $(SAMPLE),--sample $(SAMPLE)) \
		$(if $(BASELINE),--baseline $(BASELINE)) $(EVAL)

calibrate: tools ## fit the confidence to labelled questions
	@$(PYTHON) -m evaluation.calibrating --kit $(KIT)

bench: tools ## measure the engine beside its references; ROWS="latency throughput" chooses, AWAY=30 and SCALE=.1 shorten
	@$(PYTHON) -m benchmarks.bench $(ROWS) --away $(AWAY) --scale $(SCALE)
AWAY := 600
SCALE := 1

chaos: tools ## disturb a whole Lectern and account for every run; SEED=7 RUNS=150 SECONDS=75 DB=sqlite
	@$(PYTHON) -m benchmarks.chaos --seed $(SEED) --runs $(RUNS) --seconds $(SECONDS) --db $(DB)
SEED := 1
RUNS := 2000
SECONDS := 480
DB := postgresql

##@ Maintain
LOCK := .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --quiet

lock: tools ## write requirements/*.txt anew from pyproject.toml
	@$(LOCK) --output-file requirements/run.txt
	@$(LOCK) --group dev --output-file requirements/dev.txt
	@cp requirements/run.txt requirements/server.txt # so that it takes the same versions where it can
	@$(LOCK) --extra postgres --extra neo4j --extra weaviate --extra openai --extra anthropic --extra google --extra ollama --output-file requirements/server.txt

clean: ## remove .venv and caches; var/ with all data stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@sh scripts/bootstrap.sh run

tools:
	@sh scripts/bootstrap.sh dev
