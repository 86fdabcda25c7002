"""The model card: what a reader must know before relying on a score.

After Mitchell, M., Wu, S., Zaldivar, A. et al. (2019). Model cards for model reporting. Proceedings
of the Conference on Fairness, Accountability, and Transparency, 220–229.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic import ConfigDict, Field

from lusscore.cohort import describe_rubric, get_protocol
from lusscore.evaluation import BASELINE, MAJORITY, CohortTable, Rule
from lusscore.models.bundle import Bundle, TrainedHead
from lusscore.models.calibration import Calibration, Measured
from lusscore.models.recorded_run import RecordedRun
from lusscore.records import Document

_MEASURES = {
    "quadratic_kappa": "quadratic kappa",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "macro_auc": "macro ROC-AUC",
    "mean_absolute_error": "mean absolute error",
}
_PER_SCORE = {"precision": "precision", "recall": "recall", "auc": "ROC-AUC"}
_SELECTIVE = {
    "accuracy": "accuracy of all clips",
    "coverage": "coverage: share of clips that need no review",
    "accuracy_confident": "accuracy of these (1 − selective risk)",
    "accuracy_review": "accuracy of clips marked for review",
    "brier": "Brier score",
    "calibration_error": "expected calibration error",
}
_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|#&~"})
# what would begin a list in a list
_MARK = re.compile(r"^(\d*)([-+.)])(?=\s|-|$)")


def make_card(
    run: RecordedRun,
    members: Sequence[TrainedHead],
    clip_rule: Rule,
    calibration: Calibration,
    selective: Measured,
) -> dict[str, Any]:
    """Write the card as headings over plain JSON values.

    `calibration` is what was fixed on held-out patients, and `selective` how well it works on
    others.
    """
    levels = {}
    for level in ("clip", "zone"):
        measured = run.metrics["levels"][level]
        if measured.get(run.model):
            levels[f"{level.capitalize()}s"] = measured[run.model], measured.get(BASELINE)
    rescored = (
        f" Clips are scored from calibrated frames, by the rule {clip_rule.name}, so that their "
        "accuracy here may differ from that above."
    )
    return {
        "Intended use": _use(run.config.cohort),
        "Training cohort": _cohort(run.config.cohort),
        "Model": _model(run, members),
        "Performance": {
            "How it was measured": _how(run),
            **{name: _rows(*found) for name, found in levels.items()},
            **{f"{name}, by score": _by_score(found) for name, (found, _) in levels.items()},
            **_exams(run),
        },
        "Calibration and review": {
            "How": "One temperature was fitted to held-out clips of the training cohort "
            f"({calibration.temperature:.3g}). A clip is marked for review when its score has a "
            f"probability below {calibration.least_confidence:.2f}; {calibration.coverage:.0%} of "
            "clips need no review. The figures are of clips calibrated by the other folds alone."
            # by most rules, scores depend on the temperature
            f"{'' if clip_rule == MAJORITY else rescored}",
            "Measured": [_row(label, *selective[key]) for key, label in _SELECTIVE.items()],
        },
        "Limitations": _limitations(run, selective),
    }


def _use(cohort: CohortTable) -> list[str]:
    synthetic = (
        "Trained on synthetic images, of no patient: it shows how the software works, and says "
        "nothing about any patient."
    )
    return [
        *([synthetic] if cohort.synthetic else []),
        "Research use only. It is not a medical device, and no decision about a patient may rest "
        "on it.",
        f"It scores lung ultrasound of the protocol {cohort.protocol} (global score 0–"
        f"{get_protocol(cohort.protocol).maximum}) by the scoring system {cohort.rubric}: "
        f"{describe_rubric(cohort.rubric)}",
        "Meant for recordings like those of the training cohort, by people who look at what it "
        "marks for review.",
    ]


def _cohort(cohort: CohortTable) -> dict[str, Any]:
    facts = {
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
    return {key: value for key, value in facts.items() if value not in ("", {})}


def _model(run: RecordedRun, members: Sequence[TrainedHead]) -> dict[str, Any]:
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


def _how(run: RecordedRun) -> str:
    folds = run.config.cross_validation
    splits = f"{folds.folds} folds" + (f", {folds.repeats} times over" if folds.repeats > 1 else "")
    if folds.leave_out:
        splits = f"leaving out one {folds.leave_out} after another ({folds.folds})"
    chosen = " Head, settings and rule were chosen anew in each fold, inside its training patients."
    return (
        f"On patients held out, by {splits}; run {run.config.run.name}."
        f"{chosen if run.is_selected else ''} The model itself was then trained on all patients in "
        "the same way. Intervals are 95 %, over patients."
    )


def _rows(entry: Mapping[str, Any], baseline: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    wanted = [(label, entry, key) for key, label in _MEASURES.items() if key in entry["pooled"]]
    if baseline:
        wanted.append(("accuracy of the most frequent score", baseline, "accuracy"))
    return [
        _row(label, found["pooled"].get(key), found["interval"].get(key))
        for label, found, key in wanted
    ]


def _row(
    measure: str, value: float | None, interval: Sequence[float | None] | None
) -> dict[str, Any]:
    return {"measure": measure, "value": _three(value), "95 % interval": _interval(interval)}


def _by_score(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"score": one["score"], "held out": one["support"]}
        | {
            label: f"{_three(one.get(key))} {_interval(one['interval'].get(key))}".strip()
            for key, label in _PER_SCORE.items()
        }
        for one in entry["per_class"]
    ]


def _exams(run: RecordedRun) -> dict[str, Any]:
    entry = run.metrics["exams"].get(run.model)
    if not entry or not entry.get("exams"):
        return {}
    error, interval = (entry[part].get("mean_absolute_error") for part in ("pooled", "interval"))
    if not entry["complete"]:
        return {"Global score": "Its error is unknown: no exam has all its zones labelled."}
    fewer = entry["exams"] - entry["complete"]
    among = f", {fewer} of them with fewer zones, which makes the error smaller" if fewer else ""
    return {
        "Global score": f"Off by {_three(error)} {_interval(interval)} points on average, over "
        f"{entry['exams']} exams{among}."
    }


def _limitations(run: RecordedRun, selective: Measured) -> list[str]:
    cohort = run.config.cohort
    devices = sorted(cohort.devices)
    limitations = [
        "Measured by cross-validation inside one cohort: other hospitals, examiners and presets "
        "were not seen.",
        "Devices seen: " + (", ".join(devices) if devices else "unknown") + ".",
        "The out-of-distribution score finds recordings that look different, but not all that are "
        "scored wrongly.",
        "Probabilities hold for a cohort with the same share of each score.",
    ]
    if cohort.label_level != "frame":
        limitations.append(
            f"Scores were given per {cohort.label_level}, so frames carry weak labels: "
            "its scores of single frames were never checked."
        )
    confident, review = selective["accuracy_confident"][0], selective["accuracy_review"][0]
    if confident <= review:
        limitations.append(
            f"Clips with a high probability were not scored more accurately ({_three(confident)}) "
            f"than those marked for review ({_three(review)}): a high probability is no evidence "
            "that a score is right."
        )
    per_class = run.metrics["levels"]["clip"][run.model]["per_class"]
    absent = [str(one["score"]) for one in per_class if not one["support"]]
    if absent:
        limitations.append(f"No labelled clip has score {' or '.join(absent)}.")
    return [*limitations, *run.config.run.notes]


def _three(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.3f}"


def _interval(interval: Sequence[float | None] | None) -> str:
    return f"[{_three(interval[0])}, {_three(interval[1])}]" if interval else ""


class ModelCard(Document):
    """A card as ``bundle.json`` has it: any headings; the first ones have no schema."""

    model_config = ConfigDict(extra="allow")
    RENEW = "train the bundle again with 'lusscore train'"
    schema_version: int = Field(1, alias="schema")


def render_card(bundle: Bundle) -> str:
    """Return the card under its headings, after what names the bundle."""
    blocks = [f"# Model card: {_inline(bundle.name)}"]
    if bundle.synthetic:
        blocks.append("**Trained on synthetic images alone: it says nothing about patients.**")
    facts = {
        "Id": bundle.id,
        "Trained": f"{bundle.created}, by lusscore {bundle.lusscore}",
        "Protocol": bundle.protocol,
        "Rubric": bundle.rubric,
        "Backbones": ", ".join(bundle.networks),
    }
    blocks += [*_blocks(facts, 2), *_blocks(bundle.card, 2)]
    return "\n\n".join(blocks) + "\n"


def _blocks(table: Mapping[str, Any], level: int) -> Iterator[str]:
    """Write a mapping: plain values as a list, what is more under a heading each."""

    def is_plain(entry: tuple[str, Any]) -> bool:
        return not isinstance(entry[1], (Mapping, list, tuple))

    for plain, entries in groupby(table.items(), is_plain):
        if plain:
            yield "\n".join(f"- **{_inline(key)}:** {_inline(value)}" for key, value in entries)
            continue
        for key, value in entries:
            yield f"{'#' * min(level, 6)} {_inline(key)}"
            if not value:
                yield "None."
            elif isinstance(value, Mapping):
                yield from _blocks(value, level + 1)
            elif all(isinstance(row, Mapping) for row in value):
                yield _table(value)
            else:
                yield "\n".join(f"- {_inline(entry)}" for entry in value)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    lines = [f"| {' | '.join(map(_inline, row))} |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * len(columns), *lines[1:]])


def _inline(value: Any) -> str:
    """Write a value in one line, none of its characters being markup."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return _MARK.sub(r"\1\\\2", " ".join(str(value).split()).translate(_SPECIAL))
