"""What came out, in one sentence each and with the place where all of it stands."""

from __future__ import annotations

from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.checklists.facts.truth import first_clips
from lusscore.report.model_names import model_labels
from lusscore.report.run_files import RunFiles
from lusscore.wording import bounds, percent, percent_span, plural, three


@register_fact("performance")
def performance(run: RunFiles) -> Fact:
    """Tell the first model's accuracy and kappa."""
    first = run.models[0]
    entry = run.metrics["levels"][run.level][first]
    pooled, interval = entry["pooled"], entry["interval"]
    accuracy, kappa = interval.get("accuracy"), interval.get("quadratic_kappa")
    return Fact(
        f"{model_labels(run.models)[first]}, by {run.level}s: accuracy "
        f"{percent(pooled['accuracy'])}"
        + (f" ({percent_span(accuracy)})" if accuracy else "")
        + f", quadratic kappa {three(pooled['quadratic_kappa'])} {bounds(kappa)}".rstrip()
        + "; every measure of every model in tables/metrics.csv.",
        ("summary", "results", "global-score"),
    )


@register_fact("per_score")
def per_score(run: RunFiles) -> Fact:
    """Point at precision and recall of each score."""
    del run  # the same in every run
    return Fact(
        "Precision, recall, F1 and areas of each score with intervals, at every level, in "
        "tables/classes.csv; of frames in a folded table.",
        ("results", "discrimination"),
    )


@register_fact("failures")
def failures(run: RunFiles) -> Fact:
    """Count what was missed, and by how much."""
    clips = first_clips(run)
    off = (clips["prediction"] - clips["truth"]).abs()
    return Fact(
        f"{model_labels(run.models)[run.models[0]]} missed {int((off > 0).sum()):,} of "
        f"{plural(len(clips), 'clip')}, {int((off > 1).sum()):,} of them by more than one score"
        + (" (first repeat)." if run.config.cross_validation.repeats > 1 else "."),
        ("discrimination", "exams"),
    )


_NO_SUBGROUPS = "Results by group, device, sex or age are not examined in this run."


@register_fact("subgroups")
def subgroups(run: RunFiles) -> Fact:
    """Say whether there are results by device or group."""
    if by := run.config.cross_validation.leave_out:
        return Fact(_each_left_out(by), ("folds",))
    return Fact(_NO_SUBGROUPS)


@register_fact("fairness")
def fairness(run: RunFiles) -> Fact:
    """Say that nothing is done for fairness."""
    by = run.config.cross_validation.leave_out
    return Fact(f"No step was taken. {_each_left_out(by) if by else _NO_SUBGROUPS}")


def _each_left_out(by: str) -> str:
    return f"Each fold is one {by} that was left out: tables/folds.csv has its results."


@register_fact("limits")
def limits(run: RunFiles) -> Fact:
    """Point at the section on limits."""
    del run  # the same in every run
    return Fact("What the run by itself cannot show is listed.", ("limits",))


@register_fact("flow")
def flow(run: RunFiles) -> Fact:
    """Point at the diagram."""
    del run  # the same in every run
    return Fact("A diagram from the manifest to the sides of folds.", ("data-flow",))
