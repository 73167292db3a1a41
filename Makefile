# One command a task. `make` alone lists them. What a target needs is installed by itself.

BIN := .venv/bin
# Plain assignments: a HOST or PORT in the environment belongs to something else; say it on the
# command line (make serve PORT=8000).
HOST = 127.0.0.1
PORT = 7860
# More arguments for the command behind test, eval, bench and lock (make test ARGS="-k citation").
ARGS =

# Nothing calls home, and no library fetches a model at run time.
export ANONYMIZED_TELEMETRY := False
export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_OFFLINE := 1
export DO_NOT_TRACK := 1
# What a process has compiled, the next one need not: every test and every server starts sooner.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install browser serve test check eval bench shots lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: ## put everything that requirements.lock names into .venv (nothing to do: returns at once)
	@sh scripts/install.sh

browser: ## install Chromium and a Chinese font for the browser tests, where that is possible
	@sh scripts/browser.sh

serve: install ## start the web app and the API (HOST=127.0.0.1 PORT=7860)
	@exec $(BIN)/hugang serve --host "$(HOST)" --port "$(PORT)"

# Freed memory stays with its process: asking the kernel for it anew at every large array took a
# twentieth of the tests' processor time. glibc reads these, others pass over them.
test: export MALLOC_MMAP_THRESHOLD_ := 268435456
test: export MALLOC_TRIM_THRESHOLD_ := 1073741824
test: export MALLOC_TOP_PAD_ := 67108864
test: install browser ## run the tests, one process more than cores (ARGS="-k citation")
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

check: install ## lint, format, types, corpus
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hugang corpus check

eval: install ## measure answer quality on the development cases
	$(BIN)/hugang eval run --suite dev $(ARGS)

bench: install ## measure the time an answer takes
	$(BIN)/hugang bench answer $(ARGS)

shots: install browser ## take pictures of every page into reports/shots (ARGS="--only plan --size phone")
	$(BIN)/python scripts/shots.py $(ARGS)

lock: ## resolve pyproject.toml into requirements.lock (ARGS=--upgrade for newer versions)
	@sh scripts/lock.sh $(ARGS)

clean: ## remove .venv, caches and build output (var/, with index and reports, stays)
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find bot knowledge prompts ui evals tests -name __pycache__ -type d -prune -exec rm -rf {} +
