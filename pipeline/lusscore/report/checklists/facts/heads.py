"""What was trained on embeddings, and what was chosen."""

from __future__ import annotations

from typing import Any

from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.checklists.facts.candidates import (
    candidates,
    head_names,
    joined_backbones,
    setting_told,
    shown,
)
from lusscore.report.run_files import RunFiles
from lusscore.wording import listed, plural

_PRINTED_APART = ("name", "seed")
_CHOSEN = ("candidate", "settings", "rule")
_CHOICES_TOLD = 4


@register_fact("technology")
def technology(run: RunFiles) -> Fact | None:
    """Name the kind of model."""
    names = [one.name for one in run.config.backbones]
    if not names:
        return None
    return Fact(
        f"Embeddings of frames by networks that are not trained further ({listed(names)}), and "
        f"heads trained on these ({listed(head_names(run))})."
    )


@register_fact("head")
def head(run: RunFiles) -> Fact:
    """Quote heads with their settings."""
    told = []
    for one in run.config.heads:
        settings = [
            f"{key.replace('_', ' ')} {shown(value)}"
            for key, value in one.settings.items()
            if key not in _PRINTED_APART
        ]
        told.append(f"{one.name} ({', '.join(settings)})" if settings else one.name)
    number = len(candidates(run))
    tried = (
        f" Folds could choose among {plural(number, 'candidate')}, listed in config.toml."
        if number
        else ""
    )
    return Fact(f"Heads: {'; '.join(told)}.{tried}", ("run",))


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
    how = run.config.selection
    by = (
        f" by {how.criterion.replace('_', ' ')} of {how.level}s on {how.inner_folds} inner folds"
        if how
        else ""
    )
    told = [_chosen(name, table[name]) for name in _CHOSEN if name in table]
    return Fact(
        f"Chosen inside the training side of each fold{by} (tables/selection.csv). "
        f"{' '.join(told)}",
        ("selection",),
    )


def _chosen(name: str, column: Any) -> str:
    counts = sorted(column.value_counts().items(), key=lambda each: (-each[1], str(each[0])))
    said = [f"{value or 'as it is'} ({number})" for value, number in counts]
    more = f" and {len(said) - _CHOICES_TOLD} others" if len(said) > _CHOICES_TOLD else ""
    return f"{name.capitalize()}: {'; '.join(said[:_CHOICES_TOLD])}{more}."


@register_fact("ensembles")
def ensembles(run: RunFiles) -> Fact:
    """Say which models are made of several backbones or candidates."""
    averaged = run.config.selection.averaged if run.config.selection else {}
    told = [f"selected/{way} (mean of {n} candidates)" for way, n in averaged.items() if n > 1]
    told += joined_backbones(run)
    if told:
        return Fact(f"Models made of several: {listed(told)}.", ("results",))
    return Fact("None: each model has one backbone and one head.", ("results",))


@register_fact("imbalance")
def imbalance(run: RunFiles) -> Fact:
    """Say what class weights there were."""
    weights = setting_told(run, "class_weight") or "none among the settings"
    return Fact(
        f"Class weights: {weights}; no resampling by score. Macro measures count every score "
        "alike.",
        ("results",),
    )
