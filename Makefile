# What depends on what. `make` alone runs the whole method on the phantom cohort and shows where
# the report is. Every target makes .venv by itself.

COHORT    ?= phantom
BACKBONES ?= efficientnet_lite0
# Name of the run, and options of stage two, e.g. CV="--epochs 10 --dropout 0.3"
RUN       ?= cv
CV        ?=
# Options of training, e.g. TRAIN="--name first"
TRAIN     ?=
# Options of stage one that change no embedding, e.g. FEATURES="--engine keras"
FEATURES  ?=
WEIGHTS   ?=
PYTHON    ?= python3
TESTS     ?=
# What scores an exam: a bundle's name or path
MODEL     ?= phantom
EXAM      ?= data/phantom/clips/phantom-001
# What to measure, e.g. SUITES=paper; see 'lusscore bench --help'
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
COHORT_FILES := data/$(COHORT)/manifest.csv data/$(COHORT)/cohort.toml
FEATURE_FILES := $(foreach backbone,$(BACKBONES),features/$(COHORT)/$(basename $(notdir $(backbone))).h5)
REPORT := results/$(COHORT)/$(RUN)/report.html
SETTINGS := results/$(COHORT)/.$(RUN).settings

.DEFAULT_GOAL := cv
.DELETE_ON_ERROR:
.PHONY: cv report features cohort check verify train score serve test browser lint bench clean help always install

cv: $(REPORT) ## Cross-validate and report (default): COHORT= BACKBONES= CV= RUN=
	@echo "Report: $(REPORT)"

report: $(REPORT) ## Open the report in the browser
	$(LUSSCORE) report $(dir $(REPORT)) $(OPEN)

features: $(FEATURE_FILES) ## Compute missing embeddings: COHORT= BACKBONES= FEATURES= WEIGHTS=

check: $(COHORT_FILES) | $(INSTALLED) ## Say what is wrong with COHORT= before anything is computed: CHECK=--report
	$(LUSSCORE) check $(COHORT) $(CHECK)

verify: $(INSTALLED) ## Re-read every checksum of COHORT=; what is damaged: VERIFY=--repair
	$(LUSSCORE) verify $(COHORT) $(VERIFY)

# A run that is there is taken as it is, whatever CV= says now.
train: $(if $(wildcard results/$(COHORT)/$(RUN)/metrics.json),,$(REPORT)) | $(INSTALLED) ## Train the run's model on all patients and keep it as a bundle: COHORT= RUN= TRAIN=
	$(LUSSCORE) train $(COHORT) --from-run $(RUN) $(TRAIN)

score: $(if $(findstring data/phantom/,$(EXAM)),data/phantom/manifest.csv) | $(INSTALLED) ## Score an exam and open its report: EXAM= MODEL=
	$(LUSSCORE) score "$(EXAM)" --model "$(MODEL)" $(OPEN)

serve: $(INSTALLED) ## Open the page on this machine: MODEL=
	$(LUSSCORE) serve --model "$(MODEL)" $(OPEN)

cohort: $(COHORT_FILES) ## Make the phantom cohort

test: $(INSTALLED) ## Run all tests: TESTS="-k folds"
	$(BIN)/python -m pytest -n auto --dist worksteal $(TESTS)

browser: ## Install the browser in which the page is tested (Debian, Ubuntu)
	command -v chromium || { $(AS_ROOT) apt-get update -q && $(AS_ROOT) apt-get install -q -y --no-install-recommends chromium; }

lint: $(INSTALLED) ## Format check, lint, types, and who may import whom
	$(BIN)/ruff format --check pipeline tests
	$(BIN)/ruff check pipeline tests
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED) ## Measure speed and memory, as ratios within one run: SUITES= WEIGHTS=
	$(LUSSCORE) bench $(SUITES)

clean: ## Delete the environment, and nothing that was computed
	rm -rf .venv

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

install: $(INSTALLED)

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@

# The phantom is made; any other cohort is imported or written by hand.
data/phantom/manifest.csv: | $(INSTALLED)
	$(LUSSCORE) phantom
data/phantom/cohort.toml: data/phantom/manifest.csv ;
data/%/manifest.csv data/%/cohort.toml:
	@echo "No cohort data/$*: make it with '$(LUSSCORE) import', or write $@ (data/README.md)." >&2; exit 2

# One file per backbone. Exit code 1 says that some clips were skipped and listed: that is done.
define feature_rule
features/$(COHORT)/$(basename $(notdir $(1))).h5: $(COHORT_FILES) | $(INSTALLED)
	$(LUSSCORE) features $(COHORT) --backbone $(1) $(FEATURES) || [ $$$$? -eq 1 ]
	@touch $$@
endef
$(foreach backbone,$(BACKBONES),$(eval $(call feature_rule,$(backbone))))

$(REPORT): $(FEATURE_FILES) $(COHORT_FILES) $(SETTINGS)
	$(LUSSCORE) cv $(COHORT) $(addprefix --backbone ,$(BACKBONES)) --run $(RUN) --overwrite $(CV) || [ $$? -eq 1 ]

# Changes only when the options of stage two do.
$(SETTINGS): always
	@mkdir -p $(dir $@)
	@echo '$(BACKBONES) $(CV)' | cmp -s - $@ || echo '$(BACKBONES) $(CV)' > $@
