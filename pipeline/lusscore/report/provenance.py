"""What was run on what: data flow, folds, settings and versions, and what that cannot show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lusscore.cohort import describe_rubric, get_protocol, rubric_names
from lusscore.evaluation import CohortTable, RunConfig
from lusscore.report.exams import zones
from lusscore.report.run_files import RunFiles
from lusscore.wording import count, duration, listed, plural

Entries = tuple[tuple[str, str], ...]
_FOLDS_DRAWN = 12
_DIGEST_SHOWN = 16


@dataclass(frozen=True)
class Step:
    """So many were there, and what was left out before the next step."""

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


def data_flow(run: RunFiles) -> tuple[Flow, ...]:
    """Follow clips, frames and patients of all cohorts by the counts that the run has recorded."""
    others = run.config.trained_on
    unknown = int((run.first_clips["zone"] == "").sum())
    unzoned = f"{plural(unknown, 'clip')} of unknown zone: used, but not per zone and exam"
    role = "Tested on" if others else "Cohort"
    return (
        *(_flow(other, "Trained on", ()) for other in others),
        _flow(run.config.cohort, role, (unzoned,) if unknown else ()),
    )


def _flow(cohort: CohortTable, role: str, unzoned: tuple[str, ...]) -> Flow:
    skipped = len(cohort.skipped_clips)
    no_embeddings = (f"{plural(skipped, 'clip')} without embeddings",) if skipped else ()
    clips, labelled = cohort.clips, cohort.labelled_clips
    steps, unknown = [], ""
    if cohort.manifest_clips is not None and labelled is not None:
        unlabelled = cohort.manifest_clips - labelled
        without_score = (f"{plural(unlabelled, 'clip')} without a score",) if unlabelled else ()
        outside = labelled - skipped - clips
        empty = f"{plural(outside, 'clip')} without a frame in a labelled segment"
        losses = (*no_embeddings, *((empty,) if outside > 0 else ()))
        in_manifest = plural(cohort.manifest_clips, "clip")
        steps.append(Step("In the manifest", in_manifest, without_score))
        steps.append(Step("With a score", plural(labelled, "clip"), losses))
    else:
        unknown = "How many clips of the manifest have no score is not recorded by this run."
        if no_embeddings:
            found = plural(clips + skipped, "clip")
            steps.append(Step("With a score, used or left out", found, no_embeddings))
    steps.append(Step("With embeddings of scored frames", plural(clips, "clip"), unzoned))
    used = [plural(getattr(cohort, key), key[:-1]) for key in ("frames", "exams", "patients")]
    steps.append(Step("Used", " · ".join(used)))
    return Flow(cohort.name, role, tuple(steps), unknown)


def fold_sizes(run: RunFiles) -> tuple[list[tuple[str, str, str]], str]:
    """Name the folds of the first repeat, what they trained on and tested; what is not shown."""
    table = run.training[run.training["model"] == run.models[0]]
    table = table[table["repeat"] == table["repeat"].min()].sort_values("fold")
    sizes = []
    for row in table.to_dict("records"):
        trained, tested = (
            f"{plural(int(row[f'{side}_patients']), 'patient')}, "
            f"{plural(int(row[f'{side}_frames']), 'frame')}"
            for side in ("train", "test")
        )
        name = "External" if run.config.trained_on else f"Fold {row['fold']}"
        sizes.append((name, trained, tested))
    repeats = run.config.cross_validation.repeats
    some = f"the first {_FOLDS_DRAWN} of {len(sizes)} folds" if len(sizes) > _FOLDS_DRAWN else ""
    first = f"the first of {repeats} repeats" if repeats > 1 else ""
    shown = " of ".join(filter(None, (some, first)))
    more = f"Shown: {shown}; the table of folds has all." if shown else ""
    return sizes[:_FOLDS_DRAWN], more


def folds(run: RunFiles) -> list[dict[str, Any]]:
    """Lay out the folds of ``metrics.json`` at the level of frames, with whom each held out.

    Added are its `patients`, their number in each of `groups`, `training_frames`, the `seconds`
    that each model's head took to train, and `left_out`, the device or group that no training
    patient has; empty if folds are random.
    """
    groups = run.folds["group"].unique()
    return [
        _fold(run, entry, groups)
        for entry in run.metrics["levels"]["frame"][run.models[0]]["folds"]
    ]


def _fold(run: RunFiles, entry: dict[str, Any], groups: Iterable[str]) -> dict[str, Any]:
    held_out, training = (
        table[(table["repeat"] == entry["repeat"]) & (table["fold"] == entry["fold"])]
        for table in (run.folds, run.training)
    )
    seconds = dict(zip(training["model"], training["seconds"].tolist(), strict=True))
    left_out = ""
    if "left_out" in held_out and not held_out.empty:
        # without the column that it is of
        left_out = str(held_out["left_out"].iloc[0]).partition(": ")[2]
    return entry | {
        "left_out": left_out,
        "patients": tuple(held_out["patient"]),
        "groups": [int((held_out["group"] == group).sum()) for group in groups],
        "training_frames": int(training["train_frames"].max()) if len(training) else 0,
        "seconds": [duration(seconds[name]) if name in seconds else "–" for name in run.models],
    }


def readable_time(text: str) -> str:
    """Turn an ISO time into ``1 March 2025, 14:05 UTC``; what is none stays as it is."""
    try:
        time = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return str(text)
    zone = "" if time.tzinfo is None else f" {time.tzname()}"
    return f"{time.day} {time:%B %Y, %H:%M}{zone}"


def validation(config: RunConfig) -> Entries:
    """Lay out how patients were split."""
    table = config.cross_validation
    if not config.trained_on:
        return entries(table.model_dump(exclude_none=True))
    names = ", ".join(other.name for other in config.trained_on)
    external = {"trained on all of": names, "tested on all of": config.cohort.name}
    return entries(external | {"seed": table.seed})


def cards(run: RunFiles) -> list[tuple[str, Entries]]:
    """Lay out the card of the cohort, and of those trained on with which frames were used."""
    others = run.config.trained_on
    found = [
        ("Tested on" if others else "Cohort card", _card(run.config.cohort, zones(run).counted))
    ]
    for other in others:
        names = {"frames": "Frames used", "variants": "Variants"}
        used = {name: other.extraction.get(key) for key, name in names.items()}
        used["Clips left out"] = len(other.skipped_clips) or None
        more = {name: value for name, value in used.items() if value is not None}
        found.append(("Trained on", (*_card(other), *entries(more))))
    return found


def _card(cohort: CohortTable, unzoned: str = "") -> Entries:
    rubric, protocol = cohort.rubric, get_protocol(cohort.protocol)
    described = f"{rubric} ({describe_rubric(rubric)})" if rubric in rubric_names() else rubric
    groups = [f"{number} {group or 'no group'}" for group, number in cohort.groups.items()]
    synthetic = "synthetic phantom, no patient was scanned"
    card = {
        "Name": cohort.name,
        "Data": synthetic if cohort.synthetic else "clips of patients",
        "Protocol": f"{protocol.name}, {len(protocol.zones)} zones, maximum {protocol.maximum} "
        f"({protocol.source})",
        "Scoring system": described,
        "Labels given per": cohort.label_level,
        **{
            key.capitalize(): count(getattr(cohort, key))
            for key in ("patients", "exams", "clips", "frames")
        },
        "Zone unknown": unzoned,
        "Patients by group": ", ".join(groups),
        **{
            key.capitalize(): getattr(cohort, key)
            for key in ("description", "source", "licence", "citation")
        },
        "Manifest digest": cohort.manifest_digest[:_DIGEST_SHOWN],
    }
    return tuple((name, text) for name, text in card.items() if text)


def entries(table: Mapping[str, Any]) -> Entries:
    """Lay out plain values by name."""
    return tuple((key.replace("_", " "), _plain(value)) for key, value in table.items())


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def limits(run: RunFiles) -> tuple[str, ...]:
    """List what a reader must not conclude, the weightiest first."""
    cohort = run.config.cohort
    found = []
    if cohort.synthetic:
        found.append(
            "Nothing about patients: the images and scores are simulated. Such a run only shows "
            "that the software works."
        )
    found += [
        _elsewhere(run),
        "Nothing about clinical use: no decision, outcome or treatment was studied. lusscore is "
        "research software and not a medical device.",
    ]
    if cohort.label_level != "frame":
        found.append(
            f"Nothing certain about single frames: scores were given per {cohort.label_level}, and "
            f"every frame carries the score of its {cohort.label_level}, whether or not it shows "
            "the finding."
        )
    found += [
        "Nothing about the agreement of experts: the truth is the score on record, right or wrong, "
        "and no model can be shown to be better than its labels.",
        "Little about variation of training: the intervals resample patients for trained heads; "
        "heads trained on other patients would differ by more.",
    ]
    if len(run.models) > 1:
        found.append(
            f"Little about the highest of {len(run.models)} models: whichever is highest in a "
            "column was picked by the number shown and looks better than it is; an unbiased number "
            "needs patients on whom nothing was picked."
        )
    found += [
        "Little about the frames as such: neighbouring frames are near copies, so thousands of "
        "frames hold the information of as many patients as there are.",
        _unseen_zones(run),
        "Little about probabilities elsewhere: calibration is measured on this cohort, with its "
        "share of each score and its devices; where those differ a probability of 0.8 need not "
        "mean 8 in 10.",
    ]
    return tuple(found)


def _elsewhere(run: RunFiles) -> str:
    cohort, validation = run.config.cohort.name, run.config.cross_validation
    if others := [other.name for other in run.config.trained_on]:
        return (
            "Little about other hospitals, scanners, presets or examiners: this is external "
            f"validation, trained on {listed(others)}, tested on {cohort}, and one cohort tested "
            "on is one example of elsewhere. That no patient is in both was checked by the bytes "
            "of their recordings alone."
        )
    if validation.leave_out == "device":
        return (
            "Nothing about other hospitals, presets or examiners, and little about other scanners: "
            f"each of {validation.folds} devices was left out in turn, but all are of one cohort, "
            "and where devices were used on different patients the two effects cannot be separated."
        )
    return (
        "Nothing about other hospitals, scanners, presets or examiners: every number is an "
        "internal cross-validation on one cohort."
    )


def _unseen_zones(run: RunFiles) -> str:
    shown = zones(run)
    if not shown.known:
        return (
            "Nothing about zones or exams: no clip has a zone on record, so none could be scored."
        )
    return (
        "Nothing about zones that were not examined or could not be read: they are left out of "
        f"global scores and never imputed. {shown.left_out}"
    ).rstrip()
