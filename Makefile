# `make` alone says what there is. Every target sets up .venv first, when it is missing or stale.

BIN := .venv/bin
READY := .venv/ready
UV := $(BIN)/uv
PYTHONS := python3 python3.13 python3.12 python3.11
TEST := $(BIN)/python -m pytest -n 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help assess lab test test-all test-slow lint format synth method notebooks words lock clean

help: ## list what make can do
	@echo "make <what>:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1 \2/p' Makefile \
	    | while read -r target words; do printf '  %-10s %s\n' "$$target" "$$words"; done

assess: $(READY) ## assess the sample organisations in data/; results in reports/index.html
	$(BIN)/assess run data --out reports

# JupyterLab would ask every newcomer whether it may fetch its news.
NO_NEWS := .venv/etc/jupyter/labconfig/page_config.json
$(NO_NEWS): $(READY)
	@mkdir -p $(@D)
	@echo '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}' > $@

lab: $(NO_NEWS) ## open the notebooks in JupyterLab, on this machine only
	$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=. \
	    --LabApp.default_url=/lab/tree/notebooks --LabApp.extension_manager=readonly \
	    --LabApp.news_url= --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

test: lint ## check the code's style, run the quick tests, compare the notebooks' outputs
	$(TEST) -m "not slow"
	$(BIN)/python -m pytest --nbval notebooks -p no:cacheprovider

test-all: test test-slow ## everything: test, then the slow tests

test-slow: $(READY) ## only the slow tests: whole runs, wheels, pages
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
	    || echo "No browser here: tests of pages are skipped. To have them: apt install chromium"
	$(TEST) -m slow

lint: $(READY) ## check the code's style, change nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(READY) ## put the code in the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

synth: $(READY) ## make the sample organisations in data/ again
	$(BIN)/python -c "from assess.synth.write import write_samples; write_samples('data')"

method: $(READY) ## write docs/method.md again from the framework, and record a new method version
	$(BIN)/python -m assess.bundle.method

notebooks: $(READY) ## run the notebooks again and keep their outputs, after a change of data or words
	$(BIN)/python -m assess.report.stored_notebooks

words: $(READY) ## bring the Welsh catalogue up to date with the English words
	$(BIN)/python -m assess.report.catalogue

lock: $(READY) ## pin what pyproject.toml asks for; make lock UPGRADE=1 takes newer versions too
	$(UV) pip compile pyproject.toml --extra dask --extra test --group setup \
	    --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    $(if $(UPGRADE),--upgrade) --quiet --output-file requirements.lock

clean: ## remove everything make has made: .venv, reports/, builds, caches
	rm -rf .venv reports build dist src/*.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# Nothing is installed whose hash is not in requirements.lock: uv comes from its line there, the
# rest comes with uv, and the project is built by the setuptools just installed. Bytecode is compiled
# here, in seconds: without it every notebook would start several times slower.
RIGHT_PYTHON := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
$(READY): requirements.lock pyproject.toml
	@$(BIN)/python $(RIGHT_PYTHON) 2>/dev/null && [ -x $(BIN)/pip ] && exit; \
	for python in $(PYTHONS) ""; do "$$python" $(RIGHT_PYTHON) 2>/dev/null && break; done; \
	if [ -z "$$python" ]; then \
	    echo "assess needs Python 3.11 or newer. Looked for: $(PYTHONS)."; \
	    echo "The Python found here is: $$(python3 --version 2>&1 || echo none)"; \
	    echo "What to do: install a newer one beside it (Debian, Ubuntu: apt install python3 python3-venv;"; \
	    echo "Windows, macOS: the installer from python.org), or name one: make PYTHONS=/path/to/python3.12"; \
	    exit 1; \
	fi; \
	"$$python" -m venv --clear .venv || { \
	    echo "Python could not make .venv. What to do, on Debian and Ubuntu: apt install python3-venv"; \
	    rm -rf .venv; \
	    exit 1; \
	}
	@echo "Setting up .venv. The first time packages are fetched, which can take some minutes."
	@awk '/^[^ ]/ {mine = /^uv==/} mine' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	@$(UV) pip install --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	@$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
