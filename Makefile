# What there is to do. `make` alone runs the whole method on the phantom cohort and shows where the
# report is. Every target makes .venv by itself, and asks the program whether anything is to be
# done: make has no second opinion.

COHORT    ?= phantom
BACKBONES ?= efficientnet_lite0
# Name of the run, and options of stage two, e.g. CV="--set epochs=10"
RUN       ?= cv
CV        ?=
# Options of training, e.g. TRAIN="--name first"
TRAIN     ?=
# Options of stage one, e.g. FEATURES="--workers 4"
FEATURES  ?=
WEIGHTS   ?=
PYTHON    ?= python3
TESTS     ?=
# What scores an exam: a bundle's name or path
MODEL     ?= phantom
EXAM      ?= data/phantom/clips/phantom-001
# What to measure, e.g. SUITES=paper; see 'python -m bench --help'
SUITES    ?=
OPEN      ?= $(if $(CI),--no-open,--open)

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
LUSSCORE := $(BIN)/lusscore
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)
export LUSSCORE_WEIGHTS := $(if $(WEIGHTS),$(WEIGHTS),$(LUSSCORE_WEIGHTS))

INSTALLED := .venv/.installed
# names reach the program as the shell has them, whatever is in them
export COHORT RUN MODEL EXAM
BACKBONE_OPTIONS = $(foreach backbone,$(BACKBONES),--backbone '$(backbone)')
# exit code 1 says that some clips were skipped and listed: that is done
PASSED_OVER := || [ $$? -eq 1 ]

.DEFAULT_GOAL := cv
.PHONY: cv report features cohort check verify train score serve test test-all browser lint docs bench clean help install

cv: features ## Cross-validate and report (default): COHORT= BACKBONES= CV= RUN=
	$(LUSSCORE) cv "$$COHORT" $(BACKBONE_OPTIONS) --run "$$RUN" $(CV) $(PASSED_OVER)

report: cv ## Open the report in the browser
	$(LUSSCORE) report "results/$$COHORT/$$RUN" $(OPEN)

features: cohort ## Compute missing embeddings: COHORT= BACKBONES= FEATURES= WEIGHTS=
	$(LUSSCORE) features "$$COHORT" $(BACKBONE_OPTIONS) $(FEATURES) $(PASSED_OVER)

check: cohort ## Say what is wrong with COHORT= before anything is computed: CHECK=--open
	$(LUSSCORE) check "$$COHORT" $(CHECK)

verify: $(INSTALLED) ## Read every byte of COHORT='s embeddings again: VERIFY=--repair
	$(LUSSCORE) verify "$$COHORT" $(VERIFY)

# A run that is there is taken as it is, whatever CV= says now.
train: $(INSTALLED) ## Train the run's model on all patients and keep it as a bundle: COHORT= RUN= TRAIN=
	@[ -f "results/$$COHORT/$$RUN/metrics.json" ] || $(MAKE) --no-print-directory cv
	$(LUSSCORE) train "$$COHORT" --from-run "$$RUN" $(TRAIN)

score: $(INSTALLED) ## Score an exam and open its report: EXAM= MODEL=
	@case "$$EXAM" in data/phantom/*) [ -f data/phantom/manifest.csv ] || $(LUSSCORE) phantom ;; esac
	$(LUSSCORE) score "$$EXAM" --model "$$MODEL" $(OPEN)

serve: $(INSTALLED) ## Open the page on this machine: MODEL=
	$(LUSSCORE) serve --model "$$MODEL" $(OPEN)

# The phantom is made; any other cohort is imported or written by hand.
cohort: $(INSTALLED) ## Make the phantom cohort
	@[ "$$COHORT" != phantom ] || [ -f data/phantom/manifest.csv ] || $(LUSSCORE) phantom

test: $(INSTALLED) ## Run the tests that take minutes: TESTS="-k folds"
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow" $(TESTS)

# a file stays with one process: tests of the page go on where the one before left the browser
test-all: $(INSTALLED) ## Run all tests, slow ones too
	$(BIN)/python -m pytest -n auto --dist loadfile $(TESTS)

browser: ## Install the browser in which the page is tested (Debian, Ubuntu)
	command -v chromium || { $(AS_ROOT) apt-get update -q && $(AS_ROOT) apt-get install -q -y --no-install-recommends chromium; }

lint: $(INSTALLED) ## Format check, lint, types, and who may import whom
	$(BIN)/ruff format --check pipeline tests
	$(BIN)/ruff check pipeline tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_faces.py

docs: $(INSTALLED) ## Build the documentation site in site/, warnings being errors
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	$(BIN)/python -m mkdocs build --quiet --clean

bench: $(INSTALLED) ## Measure speed and memory, as ratios within one run: SUITES= WEIGHTS=
	$(BIN)/python -m bench $(SUITES)

clean: ## Delete the environment, and nothing that was computed
	rm -rf .venv

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

install: $(INSTALLED)

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@
