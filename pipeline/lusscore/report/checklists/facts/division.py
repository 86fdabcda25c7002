"""Who was trained on and who was tested."""

from __future__ import annotations

import pandas as pd

from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.run_files import RunFiles
from lusscore.wording import listed, plural


@register_fact("goal")
def goal(run: RunFiles) -> Fact:
    """Say whether the run tests elsewhere."""
    if run.config.trained_on:
        return Fact("Heads are trained on other cohorts and tested on this one.", ("summary",))
    return Fact("Heads are made and tested by turns on one cohort.", ("summary",))


@register_fact("partition")
def partition(run: RunFiles) -> Fact:
    """Say how patients were divided."""
    validation = run.config.cross_validation
    if others := run.config.trained_on:
        names = listed([other.name for other in others])
        return Fact(
            f"All of {names} for training, all of {run.config.cohort.name} for testing.",
            ("data-flow", "folds"),
        )
    repeats, seed = validation.repeats, validation.seed
    if by := validation.leave_out:
        text = f"Each of {validation.folds} {by}s is left out in turn (seed {seed})."
    else:
        times = f", {repeats} times over" if repeats > 1 else ""
        text = f"{validation.folds} folds of patients{times}, seed {seed}."
    return Fact(f"{text} Folds are recorded in folds.csv.", ("data-flow", "folds"))


@register_fact("disjoint")
def disjoint(run: RunFiles) -> Fact:
    """Say what is never on both sides."""
    if run.config.trained_on:
        return Fact(
            "Patients, by cohort; recordings, by their bytes. That no person is in both cohorts "
            "is not known beyond that."
        )
    by = run.config.cross_validation.leave_out
    also = f", and no {by}" if by else ""
    return Fact(f"Patients: no exam, clip or frame of a patient tested is trained on{also}.")


@register_fact("training_sizes")
def training_sizes(run: RunFiles) -> Fact | None:
    """Count patients and frames on both sides of folds."""
    table = run.training[run.training["model"] == run.models[0]]
    if table.empty:
        return None
    told = [
        f"{_range(table[f'{side}_patients'])} patients and {_range(table[f'{side}_frames'])} frames"
        for side in ("train", "test")
    ]
    return Fact(
        f"Per fold trained on {told[0]}, tested on {told[1]} ({plural(len(table), 'fold')} in "
        "all; tables/training.csv).",
        ("data-flow", "folds"),
    )


@register_fact("internal")
def internal(run: RunFiles) -> Fact:
    """Say whether there is internal evaluation."""
    if run.config.trained_on:
        return Fact("Not in this run: it tests on another cohort.")
    return Fact("Every result of this report, by cross-validation.", ("results",))


@register_fact("external")
def external(run: RunFiles) -> Fact:
    """Say whether there is external testing."""
    if others := run.config.trained_on:
        names = listed([other.name for other in others])
        return Fact(
            f"Every result of this report: trained on {names}, tested on {run.config.cohort.name}.",
            ("results", "limits"),
        )
    return Fact("None in this run: all data are of one cohort.", ("limits",))


def _range(column: pd.Series) -> str:
    low, high = int(column.min()), int(column.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
