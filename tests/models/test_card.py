from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ground import Ground, make_ground
from lusscore.evaluation.rules import Rule
from lusscore.models import Bundle, RecordedRun, read_recorded_run
from lusscore.models.calibration import Calibration, Measured
from lusscore.models.card import make_card, render_card
from run_maker import changed

MEASURES = {
    "quadratic kappa": "quadratic_kappa",
    "accuracy": "accuracy",
    "balanced accuracy": "balanced_accuracy",
    "macro-F1": "macro_f1",
    "macro ROC-AUC": "macro_auc",
    "mean absolute error": "mean_absolute_error",
}
NAMES = ("accuracy", "coverage", "accuracy_confident", "accuracy_review", "brier")
SELECTIVE: Measured = dict.fromkeys((*NAMES, "calibration_error"), (0.5, (0.25, 0.75)))


@pytest.fixture(scope="module")
def run(plain_run: Path) -> RecordedRun:
    return read_recorded_run(plain_run, "other/logistic")


@pytest.fixture(scope="module")
def bundle(ground: Ground, plain_run: Path) -> Bundle:
    return ground.train(plain_run, "other/logistic")


def card_of(
    run: RecordedRun, bundle: Bundle, selective: Measured = SELECTIVE, **cohort: Any
) -> Any:
    """The card of a run whose record of its cohort is changed so."""
    calibration, rule = Calibration(1.5, 0.62, 0.81), Rule.parse("majority")
    return make_card(changed(run, cohort=cohort), bundle.members, rule, calibration, selective)


def segment(values: list[float]) -> str:
    return f"[{values[0]:.3f}, {values[1]:.3f}]"


@pytest.mark.parametrize("level", ["clip", "zone"])
def test_figures_are_those_of_the_runs_metrics(
    run: RecordedRun, bundle: Bundle, plain_run: Path, level: str
) -> None:
    metrics = json.loads((plain_run / "metrics.json").read_text(encoding="utf-8"))
    entry = metrics["levels"][level]["other/logistic"]
    told = bundle.card["Performance"]
    rows = {row["measure"]: row for row in told[f"{level.capitalize()}s"]}
    usual = rows.pop("accuracy of the most frequent score")
    baseline = metrics["levels"][level]["baseline/majority"]
    assert usual["value"] == f"{baseline['pooled']['accuracy']:.3f}"
    assert rows.keys() == MEASURES.keys()
    for label, key in MEASURES.items():
        assert rows[label]["value"] == f"{entry['pooled'][key]:.3f}"
        assert rows[label]["95 % interval"] == segment(entry["interval"][key])
    by_score = told[f"{level.capitalize()}s, by score"]
    for row, one in zip(by_score, entry["per_class"], strict=True):
        assert (row["score"], row["held out"]) == (one["score"], one["support"])
        for label, key in (("precision", "precision"), ("recall", "recall"), ("ROC-AUC", "auc")):
            assert row[label] == f"{one[key]:.3f} {segment(one['interval'][key])}"
    # the test would be void if the run's models did alike
    other = metrics["levels"][level]["tiny/logistic"]
    assert other["pooled"]["quadratic_kappa"] != entry["pooled"]["quadratic_kappa"]


@pytest.mark.parametrize(
    ("complete", "told"),
    [
        (0, "Its error is unknown: no exam has all its zones labelled."),
        (12, "Off by {} points on average, over 12 exams."),
        (
            10,
            "Off by {} points on average, over 12 exams, 2 of them with fewer zones, which makes "
            "the error smaller.",
        ),
    ],
)
def test_the_error_of_global_scores_is_the_runs(
    run: RecordedRun, bundle: Bundle, complete: int, told: str
) -> None:
    exams = dict(run.metrics["exams"][run.model]) | {"complete": complete}
    error, interval = (exams[part]["mean_absolute_error"] for part in ("pooled", "interval"))
    other = replace(run, metrics=dict(run.metrics) | {"exams": {run.model: exams}})
    expected = told.format(f"{error:.3f} {segment(interval)}")
    assert card_of(other, bundle)["Performance"]["Global score"] == expected


@pytest.mark.parametrize(("sure", "is_told"), [(0.5, True), (0.51, False), (float("nan"), False)])
def test_a_confidence_that_is_worth_nothing_is_a_limitation(
    run: RecordedRun, bundle: Bundle, sure: float, is_told: bool
) -> None:
    card = card_of(run, bundle, selective=SELECTIVE | {"accuracy_confident": (sure, (0.2, 0.8))})
    told = [sentence for sentence in card["Limitations"] if "no evidence" in sentence]
    assert len(told) == is_told


def test_how_it_was_measured_and_on_whom_is_said(run: RecordedRun, bundle: Bundle) -> None:
    how = bundle.card["Performance"]["How it was measured"]
    assert how.startswith("On patients held out, by 3 folds; run plain.")
    assert "chosen" not in how
    cohort = bundle.card["Training cohort"]
    assert cohort["Labelled patients"] == 12
    assert (cohort["Clips"], cohort["Frames"]) == (24, 96)
    assert cohort["Patients by device"] == {"scanner 0": 6, "scanner 1": 6}
    assert cohort["Raters on record"] == "unknown"
    assert cohort["SHA-256 of the manifest"] == run.config.cohort.manifest_digest
    assert "Devices seen: scanner 0, scanner 1." in bundle.card["Limitations"]
    (head,) = bundle.card["Model"]["Heads"]
    assert (head["sees"], head["head"]) == ("other", "logistic")
    assert "C=0.3" in head["settings"]
    assert "Research use only" in " ".join(bundle.card["Intended use"])


def test_what_was_chosen_in_folds_and_repeats_is_said(ground: Ground, chosen_run: Path) -> None:
    how = ground.train(chosen_run).card["Performance"]["How it was measured"]
    assert "chosen anew in each fold" in how
    run = read_recorded_run(chosen_run, "tiny/logistic")
    bundle = ground.train(chosen_run, "tiny/logistic")
    repeated = changed(run, cross_validation={"folds": 3, "repeats": 5})
    told = card_of(repeated, bundle)["Performance"]["How it was measured"]
    assert "3 folds, 5 times over" in told
    one_out = changed(run, cross_validation={"folds": 2, "repeats": 1, "leave_out": "device"})
    told = card_of(one_out, bundle)["Performance"]["How it was measured"]
    assert "leaving out one device after another (2)" in told


@pytest.mark.parametrize("level", ["clip", "zone", "frame"])
def test_labels_that_are_weak_for_frames_are_called_so(
    run: RecordedRun, bundle: Bundle, level: str
) -> None:
    card = card_of(run, bundle, label_level=level)
    assert card["Training cohort"]["Scores were given per"] == level
    weak = [line for line in card["Limitations"] if "weak labels" in line]
    assert len(weak) == (0 if level == "frame" else 1)
    assert all(line.startswith(f"Scores were given per {level}") for line in weak)


def test_calibration_and_review_are_told_with_their_intervals(
    run: RecordedRun, bundle: Bundle
) -> None:
    told = card_of(run, bundle)["Calibration and review"]
    assert "(1.5)" in told["How"]
    assert "probability below 0.62; 81% of clips need no review" in told["How"]
    assert len(told["Measured"]) == 6
    assert {row["value"] for row in told["Measured"]} == {"0.500"}
    assert {row["95 % interval"] for row in told["Measured"]} == {"[0.250, 0.750]"}


def test_all_that_the_record_says_stands_under_its_heading(tiny: Bundle) -> None:
    assert (
        render_card(tiny)
        == f"""# Model card: tiny

**Trained on synthetic images alone: it says nothing about patients.**

- **Id:** {tiny.id}
- **Trained:** {tiny.created}, by lusscore {tiny.lusscore}
- **Protocol:** blue-6
- **Rubric:** soldati-2020
- **Backbones:** tiny

## Intended use

- Research use only.
- It scores how bright computed frames are.

## Training cohort

- **Name:** tiny
- **Synthetic:** yes

### Patients by device

None.

## Performance

- **How it was measured:** It was not.

### Clips

| measure | value | 95 % interval |
| --- | --- | --- |
| accuracy | 1.000 | \\[1, 1\\] |

## Limitations

- It knows nothing of lungs.
"""
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("[here](javascript:x)", "\\[here\\](javascript:x)"),
        ("**bold** _it_ `code` ~~no~~", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~"),
        ("a | b", "a \\| b"),
        ("&lt;b&gt;", "\\&lt;b\\&gt;"),
        ("# heading\n\n## another", "\\# heading \\#\\# another"),
        ("- a list", "\\- a list"),
        ("0.948, -0.5 and 3-4", "0.948, -0.5 and 3-4"),
    ],
)
def test_markup_in_names_is_shown_as_text(tiny: Bundle, text: str, shown: str) -> None:
    card: dict[str, Any] = {
        text: text,
        "List": [text],
        "Table": [{text: text}, {"a": 1.0, "b": True}],
        "Deeper": {text: [1]},
    }
    page = render_card(replace(tiny, name=text, card=card))
    assert f"# Model card: {shown}\n" in page
    assert f"\n- **{shown}:** {shown}\n" in page
    assert f"\n- {shown}\n" in page
    table = f"| {shown} | a | b |\n| --- | --- | --- |\n| {shown} |  |  |\n|  | 1 | yes |\n"
    assert f"\n{table}" in page
    assert f"\n### {shown}\n" in page
    assert page.count(shown) == 7


def test_a_phantom_says_first_that_it_is_one(run: RecordedRun, bundle: Bundle) -> None:
    card = card_of(run, bundle, synthetic=True)
    assert card["Intended use"][0].startswith("Trained on synthetic images, of no patient")
    assert not any("synthetic images" in line for line in bundle.card["Intended use"])


def test_unknown_devices_and_scores_that_no_clip_has_are_told(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, 6, score=lambda patient, zone: (patient + zone) % 2)
    card = ground.train(ground.run("low")).card
    assert "No labelled clip has score 2 or 3." in card["Limitations"]
    run = read_recorded_run(ground.run("low"))
    devices = card_of(run, ground.train(run), devices={})
    assert "Devices seen: unknown." in devices["Limitations"]
