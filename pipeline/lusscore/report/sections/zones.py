"""How much of a run has a known zone, and what is left out of zone and exam scores."""

from __future__ import annotations

from dataclasses import dataclass

from lusscore.report.run_files import RunFiles
from lusscore.wording import listed, plural


@dataclass(frozen=True)
class Zones:
    """Sentences about clips whose zone is unknown; each is empty where there is nothing to say.

    Attributes
    ----------
    known
        Whether any frame has a known zone, so that there is something to show per zone and exam.
    left_out
        How many clips, frames and exams have none, and what they do not count for.
    beside
        The same in few words, to stand in a heading.
    counted
        The clips and frames without, of all, for the list of facts about the cohort.
    without_exam
        How many exams have no known zone and therefore no global score.
    empty_folds
        Which folds hold no known zone.
    """

    known: bool
    left_out: str
    beside: str
    counted: str
    without_exam: str
    empty_folds: str


def zones(run: RunFiles) -> Zones:
    """Count what has no zone on record."""
    of_one = run.clips["model"] == run.models[0]
    clips = run.clips[of_one & (run.clips["repeat"] == run.clips["repeat"].min())]
    without = clips[clips["zone"] == ""]
    if without.empty:
        return Zones(True, "", "", "", "", "")
    known = len(without) < len(clips)
    of_clips = f"{len(without):,} of {plural(len(clips), 'clip')}"
    of_frames = f"{int(without['frames'].sum()):,} of {plural(int(clips['frames'].sum()), 'frame')}"
    return Zones(
        known=known,
        left_out=_left_out(of_clips, of_frames, one=len(without) == 1) if known else _NONE_KNOWN,
        beside=f"without {plural(len(without), 'clip')} of unknown zone",
        counted=f"{of_clips}, {of_frames}",
        without_exam=_without_exam(run) if known else "",
        empty_folds=_empty_folds(run) if known else "",
    )


_NONE_KNOWN = (
    "No clip of this run has a zone on record, so there is nothing to show per zone or exam: no "
    "accuracy or confusion of zones, no global score and no exam zone by zone."
)


def _left_out(clips: str, frames: str, *, one: bool) -> str:
    has, they = ("has", "it counts") if one else ("have", "they count")
    return (
        f"{clips} ({frames}) {has} no zone on record: {they} for frames and clips and "
        f"{'is' if one else 'are'} left out of everything per zone and exam."
    )


def _without_exam(run: RunFiles) -> str:
    everyone = run.clips[["patient", "exam"]].drop_duplicates()
    scored = run.exams[["patient", "exam"]].drop_duplicates()
    lacking = len(everyone) - len(scored)
    if not lacking:
        return ""
    return (
        f"{lacking:,} of {plural(len(everyone), 'exam')} {'has' if lacking == 1 else 'have'} no "
        "clip with a zone on record, and so no global score."
    )


def _empty_folds(run: RunFiles) -> str:
    held = {
        level: {
            (entry["repeat"], entry["fold"])
            for entry in run.metrics["levels"][level][run.models[0]]["folds"]
        }
        for level in ("frame", "zone")
    }
    empty = sorted(held["frame"] - held["zone"])
    if not empty:
        return ""
    repeated = run.config.cross_validation.repeats > 1
    names = [f"{fold}{f' of repeat {repeat}' if repeated else ''}" for repeat, fold in empty]
    return (
        f"Fold{'' if len(empty) == 1 else 's'} {listed(names)} "
        f"hold{'s' if len(empty) == 1 else ''} no zone on record; means of zones are over the "
        "other folds."
    )
