from __future__ import annotations

import copy
from dataclasses import replace

import pandas as pd
import pytest

from lusscore.evaluation.metrics import METRICS
from lusscore.evaluation.selection.nested import SELECTION_COLUMNS
from lusscore.report.results import (
    COLUMNS,
    FURTHER,
    PUBLISHED,
    RULE_COLUMNS,
    absent_scores,
    published,
    results,
    rules,
    score_rows,
    selection,
)
from lusscore.report.run_files import RunFiles, model_labels


def test_every_level_has_models_and_baseline(clinical, labels):
    frames, clips, zones = results(clinical, labels)
    assert [row.kind for row in frames.rows] == ["model"] * 3 + ["baseline"] + ["paper"] * 3
    for group in (clips, zones):
        assert [row.kind for row in group.rows] == ["model"] * 3 + ["baseline"]
    assert frames.title.endswith(" frames")


def test_only_levels_with_rows_are_shown(images):
    frames, clips = results(images, model_labels(images.models))
    assert frames.title.endswith(" frames")
    assert clips.title.endswith(" clips")
    assert all(" zone " not in note for note in absent_scores(images))


def test_a_level_says_what_to_know_about_it(clinical, half, weak, labels):
    assert [group.note for group in results(clinical, labels)] == ["", "", ""]
    notes = [group.note for group in results(half, model_labels(half.models))]
    assert notes[:2] == ["", ""]
    assert notes[2].endswith(" clips of unknown zone")
    weak_notes = [group.note for group in results(weak, model_labels(weak.models))]
    assert weak_notes == ["weak labels: scores were given per clip", "", ""]


def test_a_cell_holds_mean_spread_pooled_and_interval(clinical, labels):
    entry = clinical.metrics["levels"]["frame"]["xception/softmax"]
    cell = results(clinical, labels)[0].rows[0].cells[0]
    assert cell.folds == f"{entry['mean']['accuracy']:.3f} ± {entry['sd']['accuracy']:.3f}"
    low, high = entry["interval"]["accuracy"]
    assert cell.pooled == f"{entry['pooled']['accuracy']:.3f} [{low:.3f}, {high:.3f}]"
    low, high = entry["chance"]["accuracy"]
    assert cell.chance == f"chance {low:.2f} to {high:.2f}"


def test_the_two_tables_hold_every_metric_once(clinical, labels):
    twice = {"balanced_accuracy"}  # the same number as macro-recall, whose heading names both
    assert sorted([*COLUMNS, *FURTHER, *twice]) == sorted(METRICS)
    frames, clips, zones = results(clinical, labels, FURTHER)
    for group in (frames, clips, zones):
        assert [row.kind for row in group.rows] == ["model"] * 3 + ["baseline"]
        assert all(len(row.cells) == len(FURTHER) for row in group.rows)
        assert all(cell.chance == "" for cell in group.rows[-1].cells)


def test_published_rows_stand_beside_the_same_backbones_only(clinical, weak, labels):
    paper = [row for row in results(clinical, labels)[0].rows if row.kind == "paper"]
    place = list(COLUMNS).index("accuracy")
    assert [row.cells[place].folds for row in paper] == ["0.948", "0.935", "0.942"]
    assert [row.training.folds for row in paper] == ["33.92 min", "25.97 min", "73.67 min"]
    assert paper[0].cells[list(COLUMNS).index("macro_f1")].folds == "–", "the paper gives none"
    assert published(clinical)
    assert not published(weak)


def test_the_paper_has_one_row_per_backbone_however_many_heads(clinical):
    run = replace(clinical, metrics=copy.deepcopy(clinical.metrics))
    run.metrics["models"].append("xception/other")
    for models in run.metrics["levels"].values():
        models["xception/other"] = models["xception/softmax"]
    rows = results(run, model_labels(run.models))[0].rows
    assert [row.label for row in rows if row.kind == "paper"] == ["Xception", "ResNet50", "VGG16"]


def test_training_time_is_that_of_the_training_table(clinical, labels):
    seconds = clinical.training.loc[clinical.training["model"] == "vgg16/softmax", "seconds"]
    cell = results(clinical, labels)[0].rows[2].training
    assert cell.folds == f"{seconds.mean():.1f} s"
    assert cell.pooled == f"± {seconds.std():.1f} s"


def test_a_run_without_training_times_shows_a_dash(clinical, labels):
    run = replace(clinical, training=clinical.training.iloc[:0])
    assert results(run, labels)[0].rows[0].training.folds == "–"


def test_a_fold_without_a_score_is_named_once_with_fold_and_scores(clinical):
    notes = absent_scores(clinical)
    assert sum(note.startswith("Fold 2 ") for note in notes) == 1
    assert notes[-1].startswith("Fold 2 has no frame, clip or zone with score 2 or 3:")
    assert "n/a" in notes[-1]


def test_repeats_are_named_where_there_are_some(weak):
    run = replace(weak, metrics=copy.deepcopy(weak.metrics))
    run.metrics["absent_scores"]["clip"] = [{"repeat": 2, "fold": 1, "scores": [0]}]
    assert any(note.startswith("Fold 1 of repeat 2 has no") for note in absent_scores(run))


def test_a_score_nobody_has_is_told_once_for_the_run(clinical):
    run = replace(clinical, metrics=copy.deepcopy(clinical.metrics))
    for level in ("frame", "clip", "zone"):
        run.metrics["levels"][level][run.models[0]]["per_class"][3]["support"] = 0
    notes = absent_scores(run)
    assert sum("of this run has score 3" in note for note in notes) == 3
    assert notes[-1].startswith("Fold 2 has no frame, clip or zone with score 2:")


@pytest.mark.parametrize("predicted", [0, 5])
def test_a_score_that_is_never_predicted_is_marked(clinical, labels, predicted):
    run = replace(clinical, metrics=copy.deepcopy(clinical.metrics))
    run.metrics["levels"]["frame"][run.models[0]]["per_class"][3]["predicted"] = predicted
    row = score_rows(run, labels, "frame")[3]
    assert row.never_predicted == (predicted == 0)


def test_scores_of_every_model_are_listed(weak):
    rows = score_rows(weak, model_labels(weak.models), "clip")
    assert [row.score for row in rows] == [0, 1, 2, 3]
    assert sum(int(row.counts[0].replace(",", "")) for row in rows) == sum(
        int(row.counts[1].replace(",", "")) for row in rows
    )
    low, high = weak.metrics["levels"]["clip"][weak.models[0]]["per_class"][0]["interval"]["auc"]
    assert rows[0].cells[3].pooled == f"[{low:.3f}, {high:.3f}]"


@pytest.fixture
def with_rules(clinical):
    """The run, had it been scored by other rules."""

    def change(**levels):
        metrics = copy.deepcopy(clinical.metrics)
        for level, (default, folds) in levels.items():
            metrics["rules"][level] = {
                "default": default,
                "chosen_in_folds": bool(folds),
                "folds": {model: {default: 3} for model in clinical.models} | folds,
            }
        return replace(clinical, metrics=metrics)

    return change


def test_one_rule_for_clips_and_zones_is_told_once(clinical, labels):
    shown = rules(clinical, labels)
    assert shown.sentences[0] == (
        "A clip’s or zone’s predicted score is the score that most of its frames have, the higher "
        "on a tie (rule majority); its probabilities are the mean over all its frames."
    )
    assert len(shown.sentences) == 2
    assert shown.fixed
    assert shown.zone == "by the rule majority"


def test_two_rules_are_told_apart(with_rules, labels):
    shown = rules(with_rules(clip=("top-5", {}), zone=("worst", {})), labels)
    assert shown.sentences[0].startswith("A clip’s predicted score is the most probable one by")
    assert "are the mean over those frames." in shown.sentences[0]
    assert shown.sentences[1].startswith("A zone’s predicted score is the highest score of any")
    assert shown.fixed


def test_what_folds_chose_is_told_with_how_often(with_rules, labels, clinical):
    folds = {clinical.models[0]: {"worst": 2, "top-20%": 1}}
    shown = rules(with_rules(clip=("majority", folds)), labels)
    assert not shown.fixed
    assert shown.sentences[1] == (
        "The rule of clips was selected inside the training folds where another stands here. "
        "Xception: worst in 2 folds and top-20% in 1 fold; ResNet50: majority in 3 folds; VGG16: "
        "majority in 3 folds."
    )
    assert [row.rule for row in shown.rows if row.reported] == ["majority"] * 2


def test_a_rule_that_every_fold_chose_was_chosen_all_the_same(with_rules, labels, clinical):
    run = with_rules(clip=("majority", {clinical.models[0]: {"majority": 3}}))
    shown = rules(run, labels)
    assert not shown.fixed
    assert "selected inside the training folds" in shown.sentences[1]


def test_every_rule_of_every_model_has_a_row_and_one_is_reported(clinical, labels):
    rows = rules(clinical, labels).rows
    assert len(rows) == 3 * 7
    assert [row.model for row in rows[::7]] == ["Xception", "ResNet50", "VGG16"]
    assert [row.rule for row in rows if row.reported] == ["majority"] * 3
    assert all(len(row.cells) == len(RULE_COLUMNS) for row in rows)
    level = clinical.metrics["levels"]["clip"][clinical.models[0]]
    low, high = level["interval"]["accuracy"]
    assert rows[0].cells[0] == (
        f"{level['pooled']['accuracy']:.3f}",
        f"[{low:.3f}, {high:.3f}]",
    )


def row(way: str, fold: int, place: int, candidate: str, rule: str, heat: str) -> tuple[str, ...]:
    return (
        f"selected/{way}", "1", str(fold), str(place), candidate, "C=0.01", rule, heat, "1.0",
        "quadratic_kappa", "0.41", "60",
    )  # fmt: skip


@pytest.fixture
def chosen(weak: RunFiles) -> RunFiles:
    rows = [
        row("best", 1, 1, "xception[16.mean+32.top]/logistic", "worst", "0.8"),
        row("best", 2, 1, "xception/svm", "majority", "2.5"),
        row("best", 3, 1, "xception[16.mean+32.top]/logistic", "majority", "1.2"),
        row("average", 1, 1, "xception/svm", "top-20%", "1.0"),
        row("average", 1, 2, "xception/logistic", "top-20%", "1.5"),
    ]
    table = pd.DataFrame(rows, columns=list(SELECTION_COLUMNS))
    return replace(weak, selection=table)


def test_candidates_are_counted_over_folds_the_most_frequent_first(chosen: RunFiles) -> None:
    found = selection(chosen, {"selected/best": "Selected in each fold · best"})
    assert found is not None
    best, average = found.models
    assert best.name == "Selected in each fold · best"
    assert [(one.features, one.head, one.settings, one.folds) for one in best.candidates] == [
        ("Xception [16.mean + 32.top]", "logistic", "C=0.01", 2),
        ("Xception", "svm", "C=0.01", 1),
    ]
    assert best.folds == 3
    assert average.folds == 1
    assert len(average.candidates) == 2


def test_rules_count_folds_and_temperatures_give_their_range(chosen: RunFiles) -> None:
    found = selection(chosen, {})
    assert found is not None
    best, average = found.models
    assert (
        best.sentences[0] == "Rule from frames to clips, of 3 folds: majority in 2 and worst in 1."
    )
    assert best.sentences[1].startswith("Temperatures 0.80 to 2.50;")
    assert average.sentences[0] == "Rule from frames to clips, of 1 fold: top-20% in 1."


def test_what_was_compared_by_what_is_said(chosen: RunFiles) -> None:
    found = selection(chosen, {})
    assert found is not None
    assert "60 candidates" in found.how
    assert "quadratic kappa of clips" in found.how


def test_a_run_without_a_choice_has_no_such_section(weak: RunFiles) -> None:
    assert selection(weak, {}) is None


def test_the_papers_figures_are_those_it_prints():
    assert {name: tuple(row.values()) for name, row in PUBLISHED.items()} == {
        "xception": (0.948, 0.839, 0.812, 0.978, 33.92),
        "resnet50": (0.935, 0.859, 0.819, 0.991, 25.97),
        "vgg16": (0.942, 0.811, 0.737, 0.971, 73.67),
    }
