import re
from dataclasses import replace

import pandas as pd
import pytest

from lusscore.evaluation.metrics import METRICS
from lusscore.report.results import (
    COLUMNS,
    FURTHER,
    PUBLISHED,
    absent_scores,
    levels,
    published,
    rules,
    selection,
    training_times,
)
from lusscore.report.run_files import METRIC_NAMES, model_labels
from run_maker import with_metrics


def test_levels_are_those_with_rows_and_say_what_to_know(clinical, half, weak, images):
    assert [level.name for level in levels(clinical)] == ["frame", "clip", "zone"]
    assert [level.name for level in levels(images)] == ["frame", "clip"]
    frames = clinical.metrics["levels"]["frame"][clinical.models[0]]["rows"]
    assert levels(clinical)[0].title == f"{frames:,} frames"
    assert [level.note for level in levels(clinical)] == ["", "", ""]
    assert levels(half)[2].note.endswith(" clips of unknown zone")
    assert levels(weak)[0].note == "weak labels: scores were given per clip"


def test_the_two_tables_hold_every_metric_once():
    twice = {"balanced_accuracy"}  # the same number as macro-recall, whose heading names both
    assert sorted([*COLUMNS, *FURTHER, *twice]) == sorted(METRICS)
    assert set(METRICS) <= set(METRIC_NAMES)


def test_a_cell_holds_mean_spread_pooled_interval_and_chance(clinical, clinical_page):
    entry = clinical.metrics["levels"]["frame"]["xception/softmax"]
    (low, high), (chance_low, chance_high) = (
        entry[kind]["accuracy"] for kind in ("interval", "chance")
    )
    cell = (
        f"<td>{entry['mean']['accuracy']:.3f} ± {entry['sd']['accuracy']:.3f}<small>"
        f"{entry['pooled']['accuracy']:.3f}\n[{low:.3f}, {high:.3f}]</small>"
        f'<small class="chance">chance {chance_low:.2f} to {chance_high:.2f}</small></td>'
    )
    assert cell in clinical_page


def test_published_rows_stand_beside_the_same_backbones_however_many_heads(clinical, weak):
    assert list(published(clinical)) == ["Xception", "ResNet50", "VGG16"]
    assert published(weak) == {}
    more = with_metrics(clinical, lambda metrics: metrics["models"].append("xception/other"))
    assert published(more) == published(clinical)


def test_the_papers_figures_are_those_it_prints(clinical_page):
    assert {name: tuple(row.values()) for name, row in PUBLISHED.items()} == {
        "xception": (0.948, 0.839, 0.812, 0.978, 33.92),
        "resnet50": (0.935, 0.859, 0.819, 0.991, 25.97),
        "vgg16": (0.942, 0.811, 0.737, 0.971, 73.67),
    }
    row = re.search(r"Xception <small>as published</small>.*?</tr>", clinical_page, re.DOTALL)[0]
    cells = re.findall(r"<td>(.*?)</td>", row)
    # the paper gives neither macro-F1 nor kappa
    assert cells == ["0.948", "0.839", "0.812", "0.978", "–", "–", "33.92 min"]


def test_training_time_is_that_of_the_training_table(clinical):
    seconds = clinical.training.loc[clinical.training["model"] == "vgg16/softmax", "seconds"]
    times = training_times(clinical)["vgg16/softmax"]
    assert times == (f"{seconds.mean():.1f} s", f"± {seconds.std():.1f} s")
    assert training_times(replace(clinical, training=clinical.training.iloc[:0])) == {}


def test_a_fold_without_a_score_is_named_once_with_fold_and_scores(clinical):
    notes = absent_scores(clinical)
    assert sum(note.startswith("Fold 2 ") for note in notes) == 1
    assert notes[-1].startswith("Fold 2 has no frame, clip or zone with score 2 or 3:")
    assert "n/a" in notes[-1]


def test_repeats_are_named_where_there_are_some(weak):
    absent = [{"repeat": 2, "fold": 1, "scores": [0]}]
    run = with_metrics(weak, lambda metrics: metrics["absent_scores"].update(clip=absent))
    assert any(note.startswith("Fold 1 of repeat 2 has no") for note in absent_scores(run))


def test_a_score_nobody_has_is_named_once_for_the_run(clinical, images):
    def change(metrics):
        for level in ("frame", "clip", "zone"):
            metrics["levels"][level][clinical.models[0]]["per_class"][3]["support"] = 0

    notes = absent_scores(with_metrics(clinical, change))
    assert sum("of this run has score 3" in note for note in notes) == 3
    assert notes[-1].startswith("Fold 2 has no frame, clip or zone with score 2:")
    assert all(" zone " not in note for note in absent_scores(images))


def _scored_by(run, **used):
    def change(metrics):
        for level, (default, folds) in used.items():
            metrics["rules"][level] = {
                "default": default,
                "chosen_in_folds": bool(folds),
                "folds": {model: {default: 3} for model in run.models} | folds,
            }

    return with_metrics(run, change)


def test_one_rule_for_clips_and_zones_is_named_once_and_two_are_apart(clinical, labels):
    shown = rules(clinical, labels)
    assert shown[0] == (
        "A clip’s or zone’s predicted score is the score that most of its frames have, the higher "
        "on a tie (rule majority); its probabilities are the mean over all its frames."
    )
    assert len(shown) == 2
    apart = rules(_scored_by(clinical, clip=("top-5", {}), zone=("worst", {})), labels)
    assert apart[0].startswith("A clip’s predicted score is the most probable one by")
    assert "are the mean over those frames." in apart[0]
    assert apart[1].startswith("A zone’s predicted score is the highest score of any")


def test_what_folds_selected_is_named_with_how_often(clinical, labels):
    folds = {clinical.models[0]: {"worst": 2, "top-20%": 1}}
    shown = rules(_scored_by(clinical, clip=("majority", folds)), labels)
    assert shown[1] == (
        "The rule of clips was selected inside the training folds where another stands here. "
        "Xception: worst in 2 folds and top-20% in 1 fold; ResNet50: majority in 3 folds; VGG16: "
        "majority in 3 folds."
    )


def _row(way, fold, place, candidate, rule, temperature):
    return {
        "model": f"selected/{way}",
        "fold": str(fold),
        "place": str(place),
        "candidate": candidate,
        "settings": "C=0.01",
        "rule": rule,
        "temperature": temperature,
        "mean_temperature": "1.0",
        "criterion": "quadratic_kappa",
        "value": "0.41",
        "candidates": "60",
    }


@pytest.fixture
def chosen(weak):
    rows = [
        _row("best", 1, 1, "xception[16.mean+32.top]/logistic", "worst", "0.8"),
        _row("best", 2, 1, "xception/svm", "majority", "2.5"),
        _row("best", 3, 1, "xception[16.mean+32.top]/logistic", "majority", "1.2"),
        _row("average", 1, 1, "xception/svm", "top-20%", "1.0"),
        _row("average", 1, 2, "xception/logistic", "top-20%", "1.5"),
    ]
    table = pd.DataFrame(rows).assign(repeat="1")
    return selection(replace(weak, selection=table), {"selected/best": "Best"})


def test_candidates_are_counted_over_folds_the_most_frequent_first(chosen, weak):
    assert "60 candidates" in chosen.how
    assert "quadratic kappa of clips" in chosen.how
    best, average = chosen.models
    assert best.name == "Best"
    assert [(one.features, one.head, one.settings, one.folds) for one in best.candidates] == [
        ("Xception [16.mean + 32.top]", "logistic", "C=0.01", 2),
        ("Xception", "svm", "C=0.01", 1),
    ]
    assert (best.folds, average.folds, len(average.candidates)) == (3, 1, 2)
    assert selection(weak, model_labels(weak.models)) is None


def test_rules_count_folds_and_temperatures_give_their_range(chosen):
    best, average = chosen.models
    rule, temperatures = best.sentences
    assert rule == "Rule from frames to clips, of 3 folds: majority in 2 and worst in 1."
    assert temperatures.startswith("Temperatures 0.80 to 2.50;")
    assert average.sentences[0] == "Rule from frames to clips, of 1 fold: top-20% in 1."
