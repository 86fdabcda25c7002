import copy
from dataclasses import replace

import pytest

from lusscore.report.sections.rules import COLUMNS, rules


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
        "The rule of clips was chosen inside the training folds where another stands here. "
        "Xception: worst in 2 folds and top-20% in 1 fold; ResNet50: majority in 3 folds; VGG16: "
        "majority in 3 folds."
    )
    assert [row.rule for row in shown.rows if row.reported] == ["majority"] * 2


def test_a_rule_that_every_fold_chose_was_chosen_all_the_same(with_rules, labels, clinical):
    run = with_rules(clip=("majority", {clinical.models[0]: {"majority": 3}}))
    shown = rules(run, labels)
    assert not shown.fixed
    assert "chosen inside the training folds" in shown.sentences[1]


def test_every_rule_of_every_model_has_a_row_and_one_is_reported(clinical, labels):
    rows = rules(clinical, labels).rows
    assert len(rows) == 3 * 7
    assert [row.model for row in rows[::7]] == ["Xception", "ResNet50", "VGG16"]
    assert [row.rule for row in rows if row.reported] == ["majority"] * 3
    assert all(len(row.cells) == len(COLUMNS) for row in rows)
    level = clinical.metrics["levels"]["clip"][clinical.models[0]]
    low, high = level["interval"]["accuracy"]
    assert rows[0].cells[0] == (
        f"{level['pooled']['accuracy']:.3f}",
        f"[{low:.3f}, {high:.3f}]",
    )
