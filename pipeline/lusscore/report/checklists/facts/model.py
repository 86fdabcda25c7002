"""What was trained, on which numbers, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.numbers import listed, plural
from lusscore.report.run_files import RunFiles

_DIGEST_SHOWN = 12
_PRINTED_APART = ("name", "seed")
_COUNTED = ("model", "repeat", "fold")
_CHOICES_TOLD = 4
_ENTERS = {"softmax": "as it is"} | dict.fromkeys(
    ("logistic", "ordinal", "svm", "mil"), "standardised"
)


@register_fact("technology")
def technology(run: RunFiles) -> Fact | None:
    """Name the kind of model."""
    names = _backbones(run)
    if not names:
        return None
    return Fact(
        f"Embeddings of frames by networks that are not trained further ({listed(names)}), and "
        f"heads trained on these ({listed([head['name'] for head in _heads(run)])})."
    )


@register_fact("inputs")
def inputs(run: RunFiles) -> Fact:
    """Say that pixels alone are used."""
    del run  # the same in every run
    return Fact("Embeddings of the frames of clips; no clinical variable.")


@register_fact("predictors")
def predictors(run: RunFiles) -> Fact | None:
    """Describe backbones."""
    told = [
        f"{one['embedding_size']} numbers per frame of {' × '.join(map(str, one['input_size']))} "
        f"pixels by {one['name']} (weights {one['weights_digest'][:_DIGEST_SHOWN]}…)"
        for one in run.config.get("backbones", ())
    ]
    return Fact(f"{'; '.join(told)}.", ("run",)) if told else None


@register_fact("computed")
def computed(run: RunFiles) -> Fact:
    """Say that no person measures predictors."""
    del run  # the same in every run
    return Fact("Embeddings are computed; nobody judges them.")


@register_fact("preprocessing")
def preprocessing(run: RunFiles) -> Fact | None:
    """Quote the settings of extraction that change what a network sees."""
    extraction = run.config["cohort"].get("extraction", {})
    keys = [key for key in ("sector", "contrast", "frames", "repeated") if key in extraction]
    if not keys:
        return None
    said = [f"{key}: {extraction[key]}" for key in keys]
    for one in run.config.get("backbones", ()):
        how = f", values as {one['preprocessing']}" if "preprocessing" in one else ""
        said.append(f"{one['name']}: {' × '.join(map(str, one['input_size']))} pixels{how}")
    return Fact(f"Of frames, {'; '.join(said)}.", ("run",))


@register_fact("head_input")
def head_input(run: RunFiles) -> Fact | None:
    """Say how embeddings enter heads."""
    extraction = run.config["cohort"].get("extraction", {})
    told = []
    for head in _heads(run):
        components = head.get("components")
        if components:
            told.append(f"{head['name']}: {components} whitened principal components")
        elif head["name"] in _ENTERS:
            told.append(f"{head['name']}: the embedding {_ENTERS[head['name']]}")
        else:
            return None
    stored = f" Embeddings are stored as {extraction['dtype']}." if "dtype" in extraction else ""
    return Fact(
        f"{'; '.join(told)}; what is learned of scales is learned from training patients.{stored}",
        ("run",),
    )


@register_fact("head")
def head(run: RunFiles) -> Fact:
    """Quote heads with their settings."""
    told = []
    for one in _heads(run):
        settings = [
            f"{key.replace('_', ' ')} {_plain(value)}"
            for key, value in one.items()
            if key not in _PRINTED_APART
        ]
        told.append(f"{one['name']} ({', '.join(settings)})" if settings else one["name"])
    return Fact(f"Heads: {'; '.join(told)}.", ("run",))


@register_fact("training_data")
def training_data(run: RunFiles) -> Fact | None:
    """Say what augmentation there was."""
    extraction = run.config["cohort"].get("extraction", {})
    variants = extraction.get("variants")
    if variants is None:
        return None
    if not variants:
        return Fact("No augmentation: clean frames alone.")
    kinds = [
        f"{key} {_plain(extraction[key])}"
        for key in ("rotation", "shift", "scale", "flip")
        if key in extraction
    ]
    return Fact(f"{plural(variants, 'augmented variant')} of each frame ({', '.join(kinds)}).")


@register_fact("initialisation")
def initialisation(run: RunFiles) -> Fact | None:
    """Say where weights of backbones come from, and the seeds of heads."""
    told = predictors(run)
    if told is None:
        return None
    seeds = {one["name"]: one["seed"] for one in _heads(run) if "seed" in one}
    said = listed([f"{name} {seed}" for name, seed in seeds.items()])
    return Fact(
        "Backbones keep the weights of the digests shown"
        + (f"; heads start from seeds: {said}." if said else "."),
        ("run",),
    )


@register_fact("selection")
def selection(run: RunFiles) -> Fact:
    """Say what was chosen inside training folds, and how often."""
    table = run.selection
    if table is None or table.empty:
        return Fact(
            "Nothing was chosen inside this run: every model of its command is reported "
            f"({len(run.models)}).",
            ("results",),
        )
    columns = [
        name
        for name in table.columns
        if name not in _COUNTED and not table[name].map(_is_number).all()
    ]
    told = [_chosen(name, table[name]) for name in columns if table[name].nunique()]
    return Fact(
        f"Chosen inside the training side of each fold (tables/selection.csv). {' '.join(told)}",
        ("folds",),
    )


def _chosen(name: str, column: Any) -> str:
    counts = column.value_counts(sort=True).items()
    said = [f"{value or 'none'} ({number})" for value, number in sorted(
        counts, key=lambda each: (-each[1], str(each[0]))
    )]  # fmt: skip
    more = f" and {len(said) - _CHOICES_TOLD} others" if len(said) > _CHOICES_TOLD else ""
    return f"{name.replace('_', ' ').capitalize()}: {', '.join(said[:_CHOICES_TOLD])}{more}."


@register_fact("ensembles")
def ensembles(run: RunFiles) -> Fact:
    """Say which models are made of several backbones."""
    fused = [model for model in run.models if "+" in model.partition("/")[0]]
    if fused:
        return Fact(f"Models of several backbones: {listed(fused)}.", ("results",))
    return Fact("None: each model has one backbone.", ("results",))


@register_fact("imbalance")
def imbalance(run: RunFiles) -> Fact:
    """Say what class weights there were."""
    weighted = {one["name"]: one.get("class_weight", "none") for one in _heads(run)}
    told = listed([f"{name}: {value}" for name, value in weighted.items()])
    return Fact(
        f"Class weights: {told}; no resampling by score. Macro measures count every score alike.",
        ("results",),
    )


@register_fact("output")
def output(run: RunFiles) -> Fact:
    """Say what a model gives."""
    rules = run.metrics["rules"]
    default = {level: rules[level]["default"] for level in ("clip", "zone")}
    return Fact(
        "Four probabilities per frame; the most probable score counts. Frames give the score of "
        f"a clip by the rule {default['clip']}, of a zone by {default['zone']}"
        + (
            ", or by what the folds chose. "
            if any(rules[level]["chosen_in_folds"] for level in default)
            else ". "
        )
        + "No threshold on a probability was set.",
        ("results",),
    )


@register_fact("no_updating")
def no_updating(run: RunFiles) -> Fact:
    """Say that nothing is changed after testing."""
    del run  # the same in every run
    return Fact("None: no head was changed after it was tested.")


@register_fact("predictions")
def predictions(run: RunFiles) -> Fact:
    """Say by which head, and where predictions are."""
    head = (
        "a head trained on the other cohorts"
        if run.config.get("trained_on")
        else "the head of the fold that holds its patient out"
    )
    return Fact(f"Each frame by {head}; all probabilities are in predictions.csv.")


@register_fact("specification")
def specification(run: RunFiles) -> Fact:
    """Say that trained heads are not kept."""
    del run  # the same in every run
    return Fact(
        "Settings, seeds and digests of weights are in config.toml; heads are not kept after "
        "testing and come again by the command.",
        ("run",),
    )


def _heads(run: RunFiles) -> list[Mapping[str, Any]]:
    return [run.config["head"], *run.config.get("more_heads", ())]


def _backbones(run: RunFiles) -> list[str]:
    return [one["name"] for one in run.config.get("backbones", ())]


def _plain(value: object) -> object:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
