"""What a run's files say of its models and results, stated for reporting checklists."""

from __future__ import annotations

import re
from typing import Any

from lusscore.report.facts import Fact, fact
from lusscore.report.run_files import RunFiles, model_labels
from lusscore.wording import bounds, count, listed, percent, percent_span, plural, three

_DIGEST_SHOWN = 12
_CHOICES_SHOWN = 4
_LEVELS = re.compile(r"\[([^\]]*)\]")
_HEAD_INPUTS = {"softmax": "as it is"} | dict.fromkeys(
    ("logistic", "ordinal", "svm", "mil"), "standardised"
)
_NO_SUBGROUPS = "Results by group, device, sex or age are not examined in this run."


@fact()
def _technology(run: RunFiles) -> str | None:
    names = [one.name for one in run.config.backbones]
    if not names:
        return None
    return (
        f"Embeddings of frames by networks that are not trained further ({listed(names)}), and "
        f"heads trained on these ({listed(_head_names(run))})."
    )


@fact("run")
def _predictors(run: RunFiles) -> str | None:
    backbones = [
        f"{one.name} (weights {one.weights_digest[:_DIGEST_SHOWN]}…): an embedding of "
        f"{one.embedding_size} numbers per frame of {' × '.join(map(str, one.input_size))} pixels"
        for one in run.config.backbones
    ]
    if not backbones:
        return None
    found = [part for name in _trained(run) for part in _LEVELS.findall(name)]
    levels = dict.fromkeys(level for part in found for level in part.split("+"))
    beside = f"; levels of its maps where models say so: {', '.join(levels)}" if levels else ""
    return f"{'; '.join(backbones)}{beside}."


@fact("run")
def _preprocessing(run: RunFiles) -> str | None:
    extraction = run.config.cohort.extraction
    keys = ("sector", "contrast", "frames", "repeated")
    steps = [f"{key}: {extraction[key]}" for key in keys if key in extraction]
    if not steps:
        return None
    for one in run.config.backbones:
        how = f", values as {one.preprocessing}" if one.preprocessing else ""
        steps.append(f"{one.name}: {' × '.join(map(str, one.input_size))} pixels{how}")
    return f"Of frames, {'; '.join(steps)}."


@fact("run")
def _head_input(run: RunFiles) -> str | None:
    names = _head_names(run)
    if not set(names) <= set(_HEAD_INPUTS):
        return None
    inputs = [f"{name}: the embedding {_HEAD_INPUTS[name]}" for name in names]
    components = _setting(run, "components")
    whitened = f"; whitened principal components: {components}" if components else ""
    dtype = run.config.cohort.extraction.get("dtype")
    stored = f" Embeddings are stored as {dtype}." if dtype else ""
    return f"{'; '.join(inputs)}{whitened}. Scales are learned from training patients.{stored}"


@fact("run")
def _training_data(run: RunFiles) -> str | Fact | None:
    extraction = run.config.cohort.extraction
    variants = extraction.get("variants")
    if variants is None:
        return None
    if not variants:
        return Fact("No augmentation: clean frames alone.")
    kinds = [
        f"{key} {_shown(extraction[key])}"
        for key in ("rotation", "shift", "scale", "flip")
        if key in extraction
    ]
    return Fact(f"{plural(variants, 'augmented variant')} of each frame ({', '.join(kinds)}).")


@fact("run")
def _initialisation(run: RunFiles) -> str | None:
    if not run.config.backbones:
        return None
    seeds = [
        f"{one.name} {one.settings['seed']}" for one in run.config.heads if "seed" in one.settings
    ]
    start = f"; heads start from seeds: {listed(seeds)}" if seeds else ""
    return f"Backbones keep the weights of the digests shown{start}."


@fact("run")
def _head(run: RunFiles) -> str:
    heads = []
    for one in run.config.heads:
        settings = [
            f"{key.replace('_', ' ')} {_shown(value)}"
            for key, value in one.settings.items()
            if key not in ("name", "seed")
        ]
        heads.append(f"{one.name} ({', '.join(settings)})" if settings else one.name)
    number = len(_candidates(run))
    tried = (
        f" Folds selected among {plural(number, 'candidate')}, listed in config.toml."
        if number
        else ""
    )
    return f"Heads: {'; '.join(heads)}.{tried}"


@fact("selection")
def _selection(run: RunFiles) -> str | Fact:
    table, how = run.selection, run.config.selection
    if table is None or table.empty:
        return Fact(
            "Nothing was selected inside this run: every model of its command is reported "
            f"({len(run.models)}).",
            ("results",),
        )
    by = (
        f" by {how.criterion.replace('_', ' ')} of {how.level}s on {how.inner_folds} inner folds"
        if how
        else ""
    )
    columns = [name for name in ("candidate", "settings", "rule") if name in table]
    choices = " ".join(_choices(name, table[name]) for name in columns)
    return f"Selected on the training patients of each fold{by} (tables/selection.csv). {choices}"


def _choices(name: str, column: Any) -> str:
    counts = sorted(column.value_counts().items(), key=lambda each: (-each[1], str(each[0])))
    shown = [f"{value or 'default'} ({number})" for value, number in counts]
    more = f" and {len(shown) - _CHOICES_SHOWN} others" if len(shown) > _CHOICES_SHOWN else ""
    return f"{name.capitalize()}: {'; '.join(shown[:_CHOICES_SHOWN])}{more}."


@fact("results")
def _ensembles(run: RunFiles) -> str:
    averaged = run.config.selection.averaged if run.config.selection else {}
    several = [f"selected/{way} (mean of {n} candidates)" for way, n in averaged.items() if n > 1]
    several += [name for name in _trained(run) if "+" in _LEVELS.sub("", name.partition("/")[0])]
    if several:
        return f"Models made of several: {listed(several)}."
    return "None: each model has one backbone and one head."


@fact("results")
def _imbalance(run: RunFiles) -> str:
    weights = _setting(run, "class_weight") or "none among the settings"
    return (
        f"Class weights: {weights}; no resampling by score. Macro measures weight every score "
        "equally."
    )


def _candidates(run: RunFiles) -> list[str]:
    """Return what folds could select among, with settings: ``"vgg16/logistic C=0.1"``."""
    return list(run.config.selection.candidates) if run.config.selection else []


def _trained(run: RunFiles) -> list[str]:
    """Name all models and candidates by features and head, without settings."""
    models = [name for name in run.models if not name.startswith("selected/")]
    return list(dict.fromkeys([*models, *(one.partition(" ")[0] for one in _candidates(run))]))


def _head_names(run: RunFiles) -> list[str]:
    """Name every head, candidates' too."""
    others = [name.rpartition("/")[2].removesuffix("-mean") for name in _trained(run)]
    return list(dict.fromkeys([*(head.name for head in run.config.heads), *others]))


def _setting(run: RunFiles, key: str) -> str:
    """Write a setting of every head that has it; "" if none has, or only its being off."""
    settings = [
        f"{head.name} {_shown(head.settings[key])}"
        for head in run.config.heads
        if head.settings.get(key) not in (None, 0, "none")
    ]
    varied = re.findall(rf"\b{re.escape(key)}=[^, ]+", "\n".join(_candidates(run)))
    return ", ".join([*settings, *(f"tried {one}" for one in sorted(set(varied)))])


def _shown(value: object) -> object:
    return ("yes" if value else "no") if isinstance(value, bool) else value


# measures and results


@fact("results", "discrimination", "calibration", "global-score")
def _measures(run: RunFiles) -> str:
    exams = (
        "; for global scores mean absolute error, bias and limits of agreement, ICC(A,1) and rank "
        "correlation"
        if run.metrics["exams"]
        else ""
    )
    return (
        "Accuracy, precision, recall, F1, ROC-AUC, PR-AUC, quadratic kappa, mean absolute error, "
        "share within one score, Brier score and calibration error, at the levels of frames, "
        f"clips and, where known, zones{exams}; ROC curves, confusion matrices, reliability "
        "diagrams, risk-coverage curves. No measure of clinical utility."
    )


@fact("results")
def _uncertainty(run: RunFiles) -> str:
    bootstrap = run.metrics["bootstrap"]
    return (
        f"95\u00a0% intervals from {count(bootstrap['resamples'])} bootstrap resamples of patients "
        f"(seed {bootstrap['seed']}), beside as many permutations of patients and the "
        "majority-class baseline."
    )


@fact("comparison")
def _compared(run: RunFiles) -> str:
    validation = run.config.cross_validation
    folds = "corrected t-test over folds, " * (validation.folds * validation.repeats > 1)
    return (
        f"{plural(len(run.models), 'model')} and the baseline, pair by pair on the same patients: "
        f"bootstrap of differences, {folds}McNemar’s test, each with Holm’s correction."
    )


@fact("folds")
def _clusters(run: RunFiles) -> str:
    by = run.config.cross_validation.leave_out
    left_out = f" Each {by} was left out in turn." if by else ""
    return (
        "Clips and frames of a patient stay together in folds, resamples and permutations."
        f"{left_out}"
    )


@fact("results")
def _robustness(run: RunFiles) -> str:
    validation = run.config.cross_validation
    varied = ["permuted predictions"]
    if validation.repeats > 1:
        varied.append(f"{validation.repeats} splits into folds")
    if by := validation.leave_out:
        varied.append(f"each {by} left out")
    return f"In this run: {', '.join(varied)}."


@fact("results")
def _output(run: RunFiles) -> str:
    clip, zone = (run.metrics["rules"][level] for level in ("clip", "zone"))
    chosen = clip["chosen_in_folds"] or zone["chosen_in_folds"]
    return (
        "Four probabilities per frame; the most probable score counts. Frames give the score of "
        f"a clip by the rule {clip['default']}, of a zone by {zone['default']}"
        f"{', or by what the folds selected' if chosen else ''}. No threshold on a probability was "
        "set."
    )


@fact()
def _predictions(run: RunFiles) -> str:
    by = (
        "a head trained on the other cohorts"
        if run.config.trained_on
        else "the head of the fold that holds its patient out"
    )
    return f"Each frame by {by}; all probabilities are in predictions.csv."


@fact("summary", "results", "global-score")
def _performance(run: RunFiles) -> str:
    first = run.models[0]
    pooled, interval = run.entries[first]["pooled"], run.entries[first]["interval"]
    accuracy = interval.get("accuracy")
    around = f" ({percent_span(accuracy)})" if accuracy else ""
    kappa = f"{three(pooled['quadratic_kappa'])} {bounds(interval.get('quadratic_kappa'))}"
    return (
        f"{model_labels(run.models)[first]}, by {run.level}s: accuracy "
        f"{percent(pooled['accuracy'])}{around}, quadratic kappa {kappa.rstrip()}; every measure "
        "of every model in tables/metrics.csv."
    )


@fact("discrimination", "exams")
def _failures(run: RunFiles) -> str:
    clips = run.first_clips
    off = (clips["prediction"] - clips["truth"]).abs()
    repeat = " (first repeat)" if run.config.cross_validation.repeats > 1 else ""
    return (
        f"{model_labels(run.models)[run.models[0]]} missed {int((off > 0).sum()):,} of "
        f"{plural(len(clips), 'clip')}, {int((off > 1).sum()):,} of them by more than one score"
        f"{repeat}."
    )


@fact("folds")
def _subgroups(run: RunFiles) -> str | Fact:
    by = run.config.cross_validation.leave_out
    return _each_left_out(by) if by else Fact(_NO_SUBGROUPS)


@fact()
def _fairness(run: RunFiles) -> str:
    by = run.config.cross_validation.leave_out
    return f"No step was taken. {_each_left_out(by) if by else _NO_SUBGROUPS}"


def _each_left_out(by: str) -> str:
    return f"Each fold is one {by} that was left out: tables/folds.csv has its results."
