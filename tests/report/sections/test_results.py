import copy
from dataclasses import replace

import pytest

from lusscore.evaluation.metrics import METRICS
from lusscore.report.model_names import model_labels
from lusscore.report.sections.results import (
    COLUMNS,
    FURTHER,
    absent_scores,
    further_results,
    has_published,
    results,
    score_rows,
)


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
    frames, clips, zones = further_results(clinical, labels)
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
    assert has_published(clinical)
    assert not has_published(weak)


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
    assert notes[-1].startswith("Fold 2 holds no frame, clip or zone with score 2 or 3:")
    assert "n/a" in notes[-1]


def test_repeats_are_named_where_there_are_some(weak):
    run = replace(weak, metrics=copy.deepcopy(weak.metrics))
    run.metrics["absent_scores"]["clip"] = [{"repeat": 2, "fold": 1, "scores": [0]}]
    assert any(note.startswith("Fold 1 of repeat 2 holds no") for note in absent_scores(run))


def test_a_score_nobody_has_is_told_once_for_the_run(clinical):
    run = replace(clinical, metrics=copy.deepcopy(clinical.metrics))
    for level in ("frame", "clip", "zone"):
        run.metrics["levels"][level][run.models[0]]["per_class"][3]["support"] = 0
    notes = absent_scores(run)
    assert sum("of this run has score 3" in note for note in notes) == 3
    assert notes[-1].startswith("Fold 2 holds no frame, clip or zone with score 2:")


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
