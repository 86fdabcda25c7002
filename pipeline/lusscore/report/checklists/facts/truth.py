"""What is predicted, and what the scores on record are."""

from __future__ import annotations

import pandas as pd

from lusscore.cohort import describe_rubric, rubric_names
from lusscore.evaluation import SCORES
from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.run_files import RunFiles
from lusscore.wording import listed, plural


@register_fact("outcome")
def outcome(run: RunFiles) -> Fact:
    """Name score, rubric and protocol."""
    rubric, protocol = run.config.cohort.rubric, run.protocol
    known = rubric in rubric_names() and rubric != "unknown"
    by = f"by the rubric {rubric} ({describe_rubric(rubric)})" if known else "rubric not told"
    return Fact(
        f"Lung ultrasound severity score 0 to 3, {by}; scores of the {len(protocol.zones)} zones "
        f"of {protocol.name} are summed to a global score of at most {protocol.maximum}.",
        ("run",),
    )


@register_fact("labels")
def labels(run: RunFiles) -> Fact:
    """Say per what scores were given, and what that makes of frames."""
    level = run.config.cohort.label_level
    if level == "frame":
        return Fact("Scores were given frame by frame.")
    return Fact(
        f"Scores were given per {level}; every frame carries the score of its {level} (a weak "
        f"label), and results are summed up per {run.level}."
    )


@register_fact("raters")
def raters(run: RunFiles) -> Fact | None:
    """Count raters, where the run has recorded that."""
    number = run.config.cohort.raters
    if not isinstance(number, int) or number < 1:
        return None
    return Fact(f"The manifest names {plural(number, 'rater')} of the scores used.")


@register_fact("test_labels")
def test_labels(run: RunFiles) -> Fact:
    """Say that test data are scored as training data are, or that cards differ."""
    cohort = run.config.cohort
    if not run.config.trained_on:
        return Fact("By the same scores on record as in training.")
    return Fact(
        f"By the scores on record in {cohort.name}: rubric {cohort.rubric}, given per "
        f"{cohort.label_level}.",
        ("run",),
    )


@register_fact("scores")
def scores(run: RunFiles) -> Fact:
    """Count clips and patients of each score."""
    clips = first_clips(run)
    told = []
    for score in SCORES:
        mine = clips[clips["truth"] == score]
        patients = mine["patient"].nunique()
        told.append(f"{score}: {plural(len(mine), 'clip')} of {plural(patients, 'patient')}")
    return Fact(f"True scores of the cohort tested on: {listed(told)}.", ("folds",))


def first_clips(run: RunFiles) -> pd.DataFrame:
    """Rows of ``clips.csv`` that have every clip once: first model, first repeat."""
    clips: pd.DataFrame = run.clips[run.clips["model"] == run.models[0]]
    first: pd.DataFrame = clips[clips["repeat"] == clips["repeat"].min()]
    return first
