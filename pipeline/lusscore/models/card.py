"""The model card: what a reader must know before believing a score.

After Mitchell, M., Wu, S., Zaldivar, A. et al. (2019). Model cards for model reporting. Proceedings
of the Conference on Fairness, Accountability, and Transparency, 220–229.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lusscore.cohort import describe_rubric, get_protocol
from lusscore.evaluation import BASELINE, MAJORITY, CohortTable, Rule
from lusscore.models import TrainedHead
from lusscore.models.calibration import Calibration, Measured
from lusscore.models.recorded_run import RecordedRun

_SHOWN = (
    ("quadratic_kappa", "quadratic kappa"),
    ("accuracy", "accuracy"),
    ("balanced_accuracy", "balanced accuracy"),
    ("macro_f1", "macro-F1"),
    ("macro_auc", "macro ROC-AUC"),
    ("mean_absolute_error", "mean absolute error"),
)
_OF_SCORES = (("precision", "precision"), ("recall", "recall"), ("auc", "ROC-AUC"))
_TRUST = (
    ("accuracy", "accuracy of all clips"),
    ("coverage", "share that is sure enough"),
    ("accuracy_trusted", "accuracy of these"),
    ("accuracy_review", "accuracy of those marked for review"),
    ("brier", "Brier score"),
    ("calibration_error", "expected calibration error"),
)


def make_card(
    run: RecordedRun,
    members: Sequence[TrainedHead],
    clip_rule: Rule,
    calibration: Calibration,
    trust: Measured,
) -> dict[str, Any]:
    """Write the card as headings over plain JSON values.

    Parameters
    ----------
    run
        The cross-validation behind the bundle.
    members
        Its heads.
    clip_rule
        By which it scores clips.
    calibration, trust
        What was fixed on held-out patients, and how well that works on others.
    """
    cohort = run.config.cohort
    levels = run.metrics["levels"]
    return {
        "Intended use": _use(cohort),
        "Training cohort": _cohort(cohort),
        "LoadedModel": _scorer(run, members),
        "Performance": {
            "How it was measured": _how(run),
            **{
                f"{level.capitalize()}s": _rows(
                    levels[level][run.model], levels[level].get(BASELINE)
                )
                for level in ("clip", "zone")
                if levels[level].get(run.model)
            },
            **{
                f"{level.capitalize()}s, by score": _by_score(levels[level][run.model])
                for level in ("clip", "zone")
                if levels[level].get(run.model)
            },
            **_exams(run),
        },
        "Calibration and review": {
            "How": "One temperature was fitted to held-out clips of the training cohort "
            f"({calibration.temperature:.3g}). A clip is marked for review when its score has a "
            f"probability below {calibration.least_confidence:.2f}, which "
            f"{calibration.coverage:.0%} of them reach. The figures are of clips calibrated by "
            f"the other folds alone.{_rescored(clip_rule)}",
            "Measured": _measured(trust, _TRUST),
        },
        "Limitations": _limitations(run, trust),
    }


def _use(cohort: CohortTable) -> list[str]:
    synthetic = [
        "Trained on computed images, of no patient: it shows how the software works, and says "
        "nothing about any patient."
    ]
    return [
        *(synthetic if cohort.synthetic else []),
        "Research use only. It is not a medical device, and no decision about a patient may rest "
        "on it.",
        f"It scores lung ultrasound of the protocol {cohort.protocol} (global score 0–"
        f"{get_protocol(cohort.protocol).maximum}) after the rubric {cohort.rubric}: "
        f"{describe_rubric(cohort.rubric)}",
        "Meant for recordings like those of the training cohort, by people who look at what it "
        "marks for review.",
    ]


def _cohort(cohort: CohortTable) -> dict[str, Any]:
    told = {
        "Name": cohort.name,
        "Source": cohort.source,
        "Licence": cohort.licence,
        "Citation": cohort.citation,
        "Synthetic": cohort.synthetic,
        "Scores were given per": cohort.label_level,
        "Raters on record": cohort.raters or "unknown",
        "Labelled patients": cohort.patients,
        "Exams": cohort.exams,
        "Clips": cohort.clips,
        "Frames": cohort.frames,
        "Patients by device": cohort.devices,
        "Patients by group": cohort.groups,
        "SHA-256 of the manifest": cohort.manifest_digest,
    }
    return {key: value for key, value in told.items() if value not in ("", {})}


def _scorer(run: RecordedRun, members: Sequence[TrainedHead]) -> dict[str, Any]:
    return {
        "Model": run.model,
        "Heads": [
            {
                "sees": " + ".join(one.name for one in member.features),
                "head": member.name,
                "settings": ", ".join(f"{key}={value}" for key, value in member.settings.items()),
            }
            for member in members
        ],
        "Stage one": {
            key: ", ".join(value) if isinstance(value, list) else value
            for key, value in run.config.cohort.extraction.items()
            if value != []
        },
    }


def _rescored(rule: Rule) -> str:
    """Say why accuracy may not be the run's: by most rules, scores depend on the temperature."""
    if rule == MAJORITY:
        return ""
    return (
        f" Clips are scored from calibrated frames, by the rule {rule.name}, so that their "
        "accuracy here may differ from that above."
    )


def _how(run: RecordedRun) -> str:
    folds = run.config.cross_validation
    by = folds.leave_out
    division = (
        f"leaving out one {by} after another ({folds.folds})"
        if by
        else f"{folds.folds} folds" + (f", {folds.repeats} times over" if folds.repeats > 1 else "")
    )
    chosen = (
        " Head, settings and rule were chosen anew in each fold, inside its training patients."
        if run.is_selected
        else ""
    )
    return (
        f"On patients held out, by {division}; run {run.config.run.name}.{chosen} The scorer "
        "itself was then trained on all patients in the same way. Intervals are 95 %, over "
        "patients."
    )


def _rows(
    entry: Mapping[str, Any], baseline: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    rows = [
        {
            "measure": label,
            "value": _three(entry["pooled"].get(key)),
            "95 % interval": _segment(segment),
        }
        for key, label in _SHOWN
        if key in entry["pooled"]
        for segment in [entry["interval"].get(key)]
    ]
    if baseline:
        usual, segment = (baseline[part].get("accuracy") for part in ("pooled", "interval"))
        measure = "accuracy of the most frequent score"
        rows.append(
            {"measure": measure, "value": _three(usual), "95 % interval": _segment(segment)}
        )
    return rows


def _by_score(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for one in entry["per_class"]:
        row: dict[str, Any] = {"score": one["score"], "held out": one["support"]}
        for key, label in _OF_SCORES:
            row[label] = f"{_three(one.get(key))} {_segment(one['interval'].get(key))}".strip()
        rows.append(row)
    return rows


def _exams(run: RecordedRun) -> dict[str, Any]:
    entry = run.metrics["exams"].get(run.model)
    if not entry or not entry.get("exams"):
        return {}
    error, segment = (entry[part].get("mean_absolute_error") for part in ("pooled", "interval"))
    if not entry["complete"]:
        return {
            "Global score": "How far off it is is not known: no exam has all its zones labelled."
        }
    fewer = entry["exams"] - entry["complete"]
    among = f", {fewer} of them with fewer zones, which makes the error smaller" if fewer else ""
    return {
        "Global score": f"Off by {_three(error)} {_segment(segment)} points on average, over "
        f"{entry['exams']} exams{among}."
    }


def _measured(trust: Measured, shown: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"measure": label, "value": _three(value), "95 % interval": _segment(segment)}
        for key, label in shown
        for value, segment in [trust[key]]
    ]


def _limitations(run: RecordedRun, trust: Measured) -> list[str]:
    cohort = run.config.cohort
    devices = sorted(cohort.devices)
    told = [
        "Measured by cross-validation inside one cohort: other hospitals, examiners and presets "
        "were not seen.",
        "Devices seen: " + (", ".join(devices) if devices else "unknown") + ".",
        "The distance from the training cohort tells recordings that look different; it does not "
        "tell every one that is scored wrongly.",
        "Probabilities hold for a cohort with the same share of each score.",
    ]
    if cohort.label_level != "frame":
        told.append(
            f"Scores were given per {cohort.label_level}, so that frames carry weak labels: "
            "what it says of a single frame was never checked."
        )
    sure, doubted = trust["accuracy_trusted"][0], trust["accuracy_review"][0]
    if sure <= doubted:
        told.append(
            f"Clips of which it was sure were not right more often ({_three(sure)}) than those "
            f"marked for review ({_three(doubted)}): its sureness is no reason to believe it."
        )
    absent = [
        one["score"]
        for one in run.metrics["levels"]["clip"][run.model]["per_class"]
        if not one["support"]
    ]
    if absent:
        told.append(f"No labelled clip has score {' or '.join(map(str, absent))}.")
    notes = run.config.run.notes
    return [*told, *notes]


def _three(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.3f}"


def _segment(segment: Sequence[float | None] | None) -> str:
    return f"[{_three(segment[0])}, {_three(segment[1])}]" if segment else ""
