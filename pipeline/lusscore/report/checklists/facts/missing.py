"""What is missing from a run, and what was done about it."""

from __future__ import annotations

from collections import Counter

from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.checklists.facts.truth import first_clips
from lusscore.report.run_files import RunFiles
from lusscore.wording import listed, plural

_REASONS = 5


@register_fact("unscored")
def unscored(run: RunFiles) -> Fact | None:
    """Count clips of the manifest without a score, where the run has recorded that."""
    cohort = run.config.cohort
    number = cohort.unlabelled_clips
    if number is None:
        return None
    if not number:
        return Fact("Every clip of the manifest has a score.", ("data-flow",))
    return Fact(
        f"{plural(number, 'clip')} of the manifest without a score: not used.", ("data-flow",)
    )


@register_fact("skipped")
def skipped(run: RunFiles) -> Fact:
    """Count clips that could not be used, by reason."""
    clips = run.config.cohort.skipped_clips
    if not clips:
        return Fact("Every clip with a score has embeddings.", ("skipped",))
    reasons = Counter(entry.error.rstrip(".") for entry in clips).most_common()
    told = "; ".join(f"{number} × {reason}" for reason, number in reasons[:_REASONS])
    more = f"; {plural(len(reasons) - _REASONS, 'more reason')}" if reasons[_REASONS:] else ""
    have = "has" if len(clips) == 1 else "have"
    return Fact(
        f"{plural(len(clips), 'clip')} with a score {have} no embeddings and {have} been left out: "
        f"{told}{more}.",
        ("skipped",),
    )


@register_fact("missing_zones")
def missing_zones(run: RunFiles) -> Fact:
    """Count zones without a clip, and clips without a zone."""
    mine = run.exams[run.exams["model"] == run.models[0]]
    mine = mine[mine["repeat"] == mine["repeat"].min()]
    if mine.empty:
        return Fact("No clip has a zone on record: nothing is told per zone or exam.", ("zones",))
    lacking = (mine["zones_of_protocol"] - mine["zones_scored"]).astype(int)
    expected, exams = int(mine["zones_of_protocol"].sum()), len(mine)
    text = (
        "No zone is missing in any exam."
        if not lacking.sum()
        else f"{lacking.sum():,} of {expected:,} zones have no clip with a score, in "
        f"{int((lacking > 0).sum()):,} of {plural(exams, 'exam')} (up to {lacking.max()} in one). "
        "They are left out of both sums and never filled in."
    )
    unknown = int((first_clips(run)["zone"] == "").sum())
    also = (
        f" {plural(unknown, 'clip')} without a known zone: in no exam’s score." if unknown else ""
    )
    return Fact(
        f"{text}{also}",
        ("zones", "exams"),
    )


@register_fact("frames_used")
def frames_used(run: RunFiles) -> Fact | None:
    """Say which frames of a clip were used."""
    extraction = run.config.cohort.extraction
    if "frames" not in extraction:
        return None
    said = [f"Frames policy {extraction['frames']}"]
    if extraction.get("repeated"):
        said.append(f"repeated frames: {extraction['repeated']}")
    return Fact(f"{listed(said)}; frames outside labelled segments are not used.", ("run",))


@register_fact("poor_input")
def poor_input(run: RunFiles) -> Fact:
    """Say what this software does with input that it cannot use."""
    del run  # the same in every run
    return Fact(
        "In this run clips that could not be read were left out and named, and no zone was filled "
        "in; the quality of images was not judged. Abstention tells what is gained where unsure "
        "answers are left to a person.",
        ("skipped", "calibration"),
    )
