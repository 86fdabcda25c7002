"""By what models are judged, and how sure that is."""

from __future__ import annotations

from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.run_files import RunFiles
from lusscore.wording import count, plural


@register_fact("measures")
def measures(run: RunFiles) -> Fact:
    """Name measures and plots."""
    exams = (
        "; for global scores mean absolute error, bias and limits of agreement, ICC(A,1) and rank "
        "correlation"
        if run.metrics["exams"]
        else ""
    )
    return Fact(
        "Accuracy, precision, recall, F1, ROC-AUC, PR-AUC, quadratic kappa, mean absolute error, "
        "share within one score, Brier score and calibration error, at the levels of frames, "
        f"clips and, where known, zones{exams}; ROC curves, confusion matrices, reliability "
        "diagrams, risk against coverage. No measure of clinical utility.",
        ("results", "discrimination", "calibration", "global-score"),
    )


@register_fact("uncertainty")
def uncertainty(run: RunFiles) -> Fact:
    """Say how intervals are made."""
    bootstrap = run.metrics["bootstrap"]
    return Fact(
        f"95\u00a0% intervals from {count(bootstrap['resamples'])} resamples of patients (seed "
        f"{bootstrap['seed']}), beside as many shuffles between patients and the majority "
        "baseline.",
        ("results",),
    )


@register_fact("compared")
def compared(run: RunFiles) -> Fact:
    """Say how models are compared."""
    validation = run.config.cross_validation
    folds = "corrected t-test over folds, " * (validation.folds * validation.repeats > 1)
    return Fact(
        f"{plural(len(run.models), 'model')} and the baseline, pair by pair on the same patients: "
        f"bootstrap of differences, {folds}McNemar’s test, each with Holm’s correction.",
        ("comparison",),
    )


@register_fact("clusters")
def clusters(run: RunFiles) -> Fact:
    """Say how patients and devices are respected."""
    by = run.config.cross_validation.leave_out
    left = f" Each {by} was left out in turn." if by else ""
    return Fact(
        f"Clips and frames of a patient stay together in folds, resamples and shuffles.{left}",
        ("folds",),
    )


@register_fact("robustness")
def robustness(run: RunFiles) -> Fact:
    """Say what was varied."""
    validation = run.config.cross_validation
    said = ["other rules from frames to clips", "shuffled predictions"]
    if validation.repeats > 1:
        said.append(f"{validation.repeats} divisions into folds")
    if by := validation.leave_out:
        said.append(f"each {by} left out")
    return Fact(f"In this run: {', '.join(said)}.", ("results",))


@register_fact("explanations")
def explanations(run: RunFiles) -> Fact:
    """Say that a run explains nothing."""
    del run  # the same in every run
    return Fact("None were computed in this run.")
