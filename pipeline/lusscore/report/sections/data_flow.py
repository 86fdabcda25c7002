"""What became of every recorded clip: from the manifest to the sides of folds."""

from __future__ import annotations

from dataclasses import dataclass

from lusscore.evaluation import CohortTable
from lusscore.report.run_files import RunFiles
from lusscore.wording import plural

_FOLDS_DRAWN = 12


@dataclass(frozen=True)
class Step:
    """So many were there, and what was left out before the next step; "" if nothing."""

    title: str
    count: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """What became of one cohort; `role` says what it was for, `unknown` what is not recorded."""

    cohort: str
    role: str
    steps: tuple[Step, ...]
    unknown: str


@dataclass(frozen=True)
class Side:
    """One fold: its name, and how many it trained on and tested."""

    name: str
    trained: str
    tested: str


@dataclass(frozen=True)
class DataFlow:
    """All cohorts, and the folds of the first repeat; `more` says what is not drawn."""

    flows: tuple[Flow, ...]
    sides: tuple[Side, ...]
    more: str


def data_flow(run: RunFiles) -> DataFlow:
    """Follow clips, frames and patients by the counts that the run has recorded."""
    others = run.config.trained_on
    flows = [_flow(other, "Trained on", ()) for other in others]
    role = "Tested on" if others else "Cohort"
    flows.append(_flow(run.config.cohort, role, _without_zone(run)))
    sides = _sides(run)
    return DataFlow(tuple(flows), sides[:_FOLDS_DRAWN], _more(run, len(sides)))


def _flow(cohort: CohortTable, role: str, unzoned: tuple[str, ...]) -> Flow:
    skipped = cohort.skipped_clips
    no_embeddings = f"{plural(len(skipped), 'clip')} without embeddings" if skipped else ""
    clips, labelled = cohort.clips, cohort.labelled_clips
    steps, unknown = [], ""
    if cohort.manifest_clips is not None and labelled is not None:
        unlabelled = cohort.manifest_clips - labelled
        outside = labelled - len(skipped) - clips
        steps += [
            Step(
                "In the manifest",
                plural(cohort.manifest_clips, "clip"),
                (f"{plural(unlabelled, 'clip')} without a score",) if unlabelled else (),
            ),
            Step(
                "With a score",
                plural(labelled, "clip"),
                (
                    *((no_embeddings,) if no_embeddings else ()),
                    *((f"{plural(outside, 'clip')} without a frame in the scored segment",)
                      if outside > 0 else ()),
                ),
            ),
        ]  # fmt: skip
    else:
        unknown = "How many clips of the manifest have no score is not recorded by this run."
        if no_embeddings:
            found = plural(clips + len(skipped), "clip")
            steps.append(Step("With a score, used or left out", found, (no_embeddings,)))
    steps.append(Step("With embeddings of scored frames", plural(clips, "clip"), unzoned))
    used = [plural(getattr(cohort, key), key[:-1]) for key in ("frames", "exams", "patients")]
    steps.append(Step("Used", " · ".join(used)))
    return Flow(cohort.name, role, tuple(steps), unknown)


def _without_zone(run: RunFiles) -> tuple[str, ...]:
    """Tell clips that count for frames and clips alone."""
    clips = run.clips[run.clips["model"] == run.models[0]]
    clips = clips[clips["repeat"] == clips["repeat"].min()]
    unknown = int((clips["zone"] == "").sum())
    if not unknown:
        return ()
    return (f"{plural(unknown, 'clip')} of unknown zone: used, but not per zone and exam",)


def _sides(run: RunFiles) -> tuple[Side, ...]:
    table = run.training[run.training["model"] == run.models[0]]
    table = table[table["repeat"] == table["repeat"].min()]
    external = bool(run.config.trained_on)
    return tuple(
        Side(
            "External" if external else f"Fold {row['fold']}",
            _people(row["train_patients"], row["train_frames"]),
            _people(row["test_patients"], row["test_frames"]),
        )
        for row in table.sort_values("fold").to_dict("records")
    )


def _people(patients: float, frames: float) -> str:
    return f"{plural(int(patients), 'patient')}, {plural(int(frames), 'frame')}"


def _more(run: RunFiles, folds: int) -> str:
    """Say what the drawing leaves to the table of folds."""
    repeats = run.config.cross_validation.repeats
    drawn = f"the first {_FOLDS_DRAWN} of {folds} folds" if folds > _FOLDS_DRAWN else ""
    first = f"the first of {repeats} repeats" if repeats > 1 else ""
    shown = " of ".join(part for part in (drawn, first) if part)
    return f"Drawn: {shown}; the table of folds has all." if shown else ""
