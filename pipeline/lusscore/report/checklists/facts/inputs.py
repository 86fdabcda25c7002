"""What heads are given: embeddings, and of what."""

from __future__ import annotations

from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.checklists.facts.candidates import (
    head_names,
    levels_seen,
    setting_told,
    shown,
)
from lusscore.report.run_files import RunFiles
from lusscore.wording import listed, plural

_DIGEST_SHOWN = 12
_ENTERS = {"softmax": "as it is"} | dict.fromkeys(
    ("logistic", "ordinal", "svm", "mil"), "standardised"
)


@register_fact("inputs")
def inputs(run: RunFiles) -> Fact:
    """Say that embeddings alone are used."""
    del run  # the same in every run
    return Fact("Embeddings of the frames of clips; no clinical variable.")


@register_fact("predictors")
def predictors(run: RunFiles) -> Fact | None:
    """Describe backbones."""
    told = [
        f"{one.name} (weights {one.weights_digest[:_DIGEST_SHOWN]}…): an embedding of "
        f"{one.embedding_size} numbers per frame of {' × '.join(map(str, one.input_size))} "
        "pixels"
        for one in run.config.backbones
    ]
    if not told:
        return None
    levels = levels_seen(run)
    beside = f"; levels of its maps where models say so: {', '.join(levels)}" if levels else ""
    return Fact(f"{'; '.join(told)}{beside}.", ("run",))


@register_fact("computed")
def computed(run: RunFiles) -> Fact:
    """Say that no person measures predictors."""
    del run  # the same in every run
    return Fact("Embeddings are computed; nobody judges them.")


@register_fact("preprocessing")
def preprocessing(run: RunFiles) -> Fact | None:
    """Quote the settings of extraction that change what a network sees."""
    extraction = run.config.cohort.extraction
    keys = [key for key in ("sector", "contrast", "frames", "repeated") if key in extraction]
    if not keys:
        return None
    said = [f"{key}: {extraction[key]}" for key in keys]
    for one in run.config.backbones:
        how = f", values as {one.preprocessing}" if one.preprocessing else ""
        said.append(f"{one.name}: {' × '.join(map(str, one.input_size))} pixels{how}")
    return Fact(f"Of frames, {'; '.join(said)}.", ("run",))


@register_fact("head_input")
def head_input(run: RunFiles) -> Fact | None:
    """Say how embeddings enter heads."""
    names = head_names(run)
    if not set(names) <= set(_ENTERS):
        return None
    told = [f"{name}: the embedding {_ENTERS[name]}" for name in names]
    said = setting_told(run, "components")
    whitened = f"; whitened principal components: {said}" if said else ""
    dtype = run.config.cohort.extraction.get("dtype")
    stored = f" Embeddings are stored as {dtype}." if dtype else ""
    return Fact(
        f"{'; '.join(told)}{whitened}. Scales are learned from training patients.{stored}",
        ("run",),
    )


@register_fact("training_data")
def training_data(run: RunFiles) -> Fact | None:
    """Say what augmentation there was."""
    extraction = run.config.cohort.extraction
    variants = extraction.get("variants")
    if variants is None:
        return None
    if not variants:
        return Fact("No augmentation: clean frames alone.")
    kinds = [
        f"{key} {shown(extraction[key])}"
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
    seeds = {one.name: one.settings["seed"] for one in run.config.heads if "seed" in one.settings}
    said = listed([f"{name} {seed}" for name, seed in seeds.items()])
    return Fact(
        "Backbones keep the weights of the digests shown"
        + (f"; heads start from seeds: {said}." if said else "."),
        ("run",),
    )
