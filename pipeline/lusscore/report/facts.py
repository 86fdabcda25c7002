"""What a run's files say of it, stated for reporting checklists.

Each function below, and in :mod:`lusscore.report.model_facts`, states one fact, by whose name
`checklists.csv` asks for it, or None where the run does not know it; the decorator names the
report's sections that show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from lusscore.cohort import describe_rubric, rubric_names
from lusscore.evaluation import SCORES, CohortTable
from lusscore.report.run_files import RunFiles
from lusscore.wording import have, listed, plural


@dataclass(frozen=True)
class Fact:
    """What a run says, and the report's sections (by identifier) that show it."""

    text: str
    see: tuple[str, ...] = ()


Statement = Callable[[RunFiles], "str | Fact | None"]
FACTS: dict[str, tuple[Statement, tuple[str, ...]]] = {}

_COUNTED = ("patient", "exam", "clip", "frame")
_REASONS_SHOWN = 5


def state_fact(name: str, run: RunFiles) -> Fact | None:
    """State the fact `name` of `run`; None where its files do not hold it."""
    statement, see = FACTS[name]
    stated = statement(run)
    return Fact(stated, see) if isinstance(stated, str) else stated


def fact(*see: str) -> Callable[[Statement], Statement]:
    """Register a fact under the function's name."""

    def register(statement: Statement) -> Statement:
        FACTS[statement.__name__.removeprefix("_")] = (statement, see)
        return statement

    return register


def _always(name: str, text: str, *see: str) -> None:
    """Register a fact that is the same for every run."""
    FACTS[name] = (lambda run: text, see)


_always("inputs", "Embeddings of the frames of clips; no clinical variable.")
_always("computed", "Embeddings are computed; no person assesses them.")
_always("explanations", "None were computed in this run.")
_always("no_updating", "None: no head was changed after it was tested.")
_always("limits", "What the run by itself cannot show is listed.", "limits")
_always("flow", "A diagram from the manifest to the folds.", "data-flow")
_always(
    "per_score",
    "Precision, recall, F1 and areas of each score with intervals, at every level, in "
    "tables/classes.csv; of frames in a folded table.",
    "results",
    "discrimination",
)
_always(
    "specification",
    "Settings, seeds and digests of weights are in config.toml; heads are not kept after testing "
    "and can be reproduced with the command.",
    "run",
)
_always(
    "poor_input",
    "In this run clips that could not be read were left out and named, and no zone was imputed; "
    "the quality of images was not judged. Selective prediction shows the gain where predictions "
    "of low confidence are left to a person.",
    "skipped",
    "calibration",
)


# data


@fact("run")
def _source(run: RunFiles) -> str | None:
    stated = [_card_source(cohort, role) for cohort, role in _cohorts(run)]
    return " ".join(stated) if all(stated) else None


def _card_source(cohort: CohortTable, role: str) -> str:
    if cohort.synthetic:
        return f"{role} {cohort.name}: simulated, no patient was examined."
    texts = [text.strip() for text in (cohort.source, cohort.description) if text]
    return f"{role} {cohort.name}, by its card: {' '.join(map(_ended, texts))}" if texts else ""


@fact("data-flow")
def _sizes(run: RunFiles) -> str:
    stated = []
    for cohort, role in _cohorts(run):
        counts = [plural(getattr(cohort, f"{one}s"), one) for one in _COUNTED]
        stated.append(f"{role} {cohort.name}: {listed(counts)}.")
    return " ".join(stated)


@fact("folds")
def _groups(run: RunFiles) -> str | None:
    stated = []
    for cohort, role in _cohorts(run):
        known = {name: number for name, number in cohort.groups.items() if name}
        if not known or set(known) == {"unknown"}:
            return None
        named = listed([f"{number} {name}" for name, number in known.items()])
        stated.append(f"{role} {cohort.name}, patients by group: {named}.")
    return " ".join(stated)


@fact()
def _devices(run: RunFiles) -> str | None:
    known = {name: number for name, number in run.config.cohort.devices.items() if name}
    if not known or set(known) == {"unknown"}:
        return None
    named = listed([f"{name} ({plural(number, 'patient')})" for name, number in known.items()])
    return f"Devices by the manifest: {named}."


@fact()
def _licence(run: RunFiles) -> str | None:
    stated = []
    for cohort, role in _cohorts(run):
        if not cohort.licence:
            return None
        cited = f" Citation: {_ended(cohort.citation)}" if cohort.citation else ""
        stated.append(f"{role} {cohort.name}: licence {cohort.licence}.{cited}")
    return " ".join(stated)


@fact("run")
def _differences(run: RunFiles) -> str | Fact:
    if others := run.config.trained_on:
        text = "; ".join(_difference(other, run.config.cohort) for other in others)
        return f"{text[0].upper()}{text[1:]}."
    if by := run.config.cross_validation.leave_out:
        text = f"One cohort; in each fold no training patient has the {by} tested on."
    else:
        text = "None but chance: training and testing are patients of one cohort in turn."
    return Fact(text, ("folds",))


def _difference(other: CohortTable, mine: CohortTable) -> str:
    names = {"protocol": "protocol", "rubric": "scoring system", "label_level": "labels"}
    different = [
        f"{name} ({getattr(other, key)}; {getattr(mine, key)})"
        for key, name in names.items()
        if getattr(other, key) != getattr(mine, key)
    ]
    theirs, ours = other.extraction, mine.extraction
    different += [
        f"extraction: {key} ({theirs.get(key)}; {ours[key]})"
        for key in ours
        if theirs.get(key) != ours[key]
    ]
    if different:
        return f"{other.name} and {mine.name} differ in {listed(different)}"
    return (
        f"the cards of {other.name} and {mine.name} name the same protocol, scoring system, label "
        "level and extraction"
    )


def _cohorts(run: RunFiles) -> list[tuple[CohortTable, str]]:
    """Every cohort of the run and what it was for, the one tested on last."""
    others = [(other, "Trained on") for other in run.config.trained_on]
    return [*others, (run.config.cohort, "Tested on" if others else "Cohort")]


def _ended(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


# labels


@fact("run")
def _outcome(run: RunFiles) -> str:
    rubric, protocol = run.config.cohort.rubric, run.protocol
    known = rubric in rubric_names() and rubric != "unknown"
    by = f"{rubric} ({describe_rubric(rubric)})" if known else "not specified"
    return (
        f"Lung ultrasound severity score 0 to 3; scoring system: {by}. Scores of the "
        f"{len(protocol.zones)} zones of {protocol.name} are summed to a global score of at most "
        f"{protocol.maximum}."
    )


@fact()
def _labels(run: RunFiles) -> str:
    level = run.config.cohort.label_level
    if level == "frame":
        return "Scores were given frame by frame."
    return (
        f"Scores were given per {level}; every frame carries the score of its {level} (a weak "
        f"label), and results are summed up per {run.level}."
    )


@fact()
def _raters(run: RunFiles) -> str | None:
    number = run.config.cohort.raters
    return f"The manifest names {plural(number, 'rater')} of the scores used." if number else None


@fact("run")
def _test_labels(run: RunFiles) -> str | Fact:
    cohort = run.config.cohort
    if not run.config.trained_on:
        return Fact("By the same scores on record as in training.")
    return (
        f"By the scores on record in {cohort.name}: scoring system {cohort.rubric}, given per "
        f"{cohort.label_level}."
    )


@fact("folds")
def _scores(run: RunFiles) -> str:
    stated = []
    for score in SCORES:
        mine = run.first_clips[run.first_clips["truth"] == score]
        patients = mine["patient"].nunique()
        stated.append(f"{score}: {plural(len(mine), 'clip')} of {plural(patients, 'patient')}")
    return f"True scores of the cohort tested on: {listed(stated)}."


# what is missing


@fact("data-flow")
def _unscored(run: RunFiles) -> str | None:
    number = run.config.cohort.unlabelled_clips
    if number is None:
        return None
    if not number:
        return "Every clip of the manifest has a score."
    return f"{plural(number, 'clip')} of the manifest without a score: not used."


@fact("skipped")
def _skipped(run: RunFiles) -> str:
    clips = run.config.cohort.skipped_clips
    if not clips:
        return "Every clip with a score has embeddings."
    reasons = Counter(entry.error.rstrip(".") for entry in clips).most_common()
    named = "; ".join(f"{number} × {reason}" for reason, number in reasons[:_REASONS_SHOWN])
    hidden = len(reasons) - _REASONS_SHOWN
    more = f"; {plural(hidden, 'more reason')}" if hidden > 0 else ""
    number = len(clips)
    return (
        f"{plural(number, 'clip')} with a score {have(number)} no embeddings and {have(number)} "
        f"been left out: {named}{more}."
    )


@fact("zones", "exams")
def _missing_zones(run: RunFiles) -> str | Fact:
    mine = run.exams[run.exams["model"] == run.models[0]]
    mine = mine[mine["repeat"] == mine["repeat"].min()]
    if mine.empty:
        return Fact("No clip has a zone on record: nothing is shown per zone or exam.", ("zones",))
    lacking = (mine["zones_of_protocol"] - mine["zones_scored"]).astype(int)
    text = "No zone is missing in any exam."
    if lacking.sum():
        text = (
            f"{lacking.sum():,} of {int(mine['zones_of_protocol'].sum()):,} zones have no clip with"
            f" a score, in {int((lacking > 0).sum()):,} of {plural(len(mine), 'exam')} (up to "
            f"{lacking.max()} in one). They are left out of both sums and never imputed."
        )
    unknown = int((run.first_clips["zone"] == "").sum())
    if unknown:
        text += f" {plural(unknown, 'clip')} without a known zone: in no exam’s score."
    return text


@fact("run")
def _frames_used(run: RunFiles) -> str | None:
    extraction = run.config.cohort.extraction
    if "frames" not in extraction:
        return None
    policies = [f"Frames policy {extraction['frames']}"]
    if extraction.get("repeated"):
        policies.append(f"repeated frames: {extraction['repeated']}")
    return f"{listed(policies)}; frames outside labelled segments are not used."


# splits


@fact("summary")
def _goal(run: RunFiles) -> str:
    if run.config.trained_on:
        return "Heads are trained on other cohorts and tested on this one."
    return "Heads are trained and tested in turn on one cohort."


@fact("data-flow", "folds")
def _partition(run: RunFiles) -> str:
    validation = run.config.cross_validation
    if others := run.config.trained_on:
        names = listed([other.name for other in others])
        return f"All of {names} for training, all of {run.config.cohort.name} for testing."
    if by := validation.leave_out:
        text = f"Each of {validation.folds} {by}s is left out in turn (seed {validation.seed})."
    else:
        repeats = validation.repeats
        repeated = f", repeated {repeats} times" if repeats > 1 else ""
        text = f"{validation.folds} folds of patients{repeated}, seed {validation.seed}."
    return f"{text} Folds are recorded in folds.csv."


@fact()
def _disjoint(run: RunFiles) -> str:
    if run.config.trained_on:
        return (
            "Patients, by cohort; recordings, by their bytes. That no person is in both cohorts "
            "is not known beyond that."
        )
    by = run.config.cross_validation.leave_out
    also = f", and no {by}" if by else ""
    return f"Patients: no exam, clip or frame of a patient tested is trained on{also}."


@fact("data-flow", "folds")
def _training_sizes(run: RunFiles) -> str | None:
    table = run.training[run.training["model"] == run.models[0]]
    if table.empty:
        return None
    trained, tested = (
        f"{_range(table[f'{side}_patients'])} patients and {_range(table[f'{side}_frames'])} frames"
        for side in ("train", "test")
    )
    return (
        f"Per fold trained on {trained}, tested on {tested} ({plural(len(table), 'fold')} in all; "
        "tables/training.csv)."
    )


def _range(column: pd.Series) -> str:
    low, high = int(column.min()), int(column.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


@fact("results")
def _internal(run: RunFiles) -> str | Fact:
    if run.config.trained_on:
        return Fact("Not in this run: it tests on another cohort.")
    return "Every result of this report, by cross-validation."


@fact("results", "limits")
def _external(run: RunFiles) -> str | Fact:
    if others := run.config.trained_on:
        names, mine = listed([other.name for other in others]), run.config.cohort.name
        return f"Every result of this report: trained on {names}, tested on {mine}."
    return Fact("None in this run: all data are of one cohort.", ("limits",))


# software


@fact("run")
def _software(run: RunFiles) -> str:
    versions = {"lusscore": run.config.run.lusscore, **run.config.versions}
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{named}. lusscore is under Apache-2.0."


@fact("run")
def _command(run: RunFiles) -> str:
    return f"Repeated by: {run.command}"
