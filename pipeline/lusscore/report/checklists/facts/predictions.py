"""What a model gives, and what is kept of it."""

from __future__ import annotations

from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.run_files import RunFiles


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
        if run.config.trained_on
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
