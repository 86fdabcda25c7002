import pandas as pd
import pytest

from lusscore.errors import RunError
from lusscore.evaluation.baseline import BASELINE
from lusscore.evaluation.rules import MAJORITY, Rule
from lusscore.evaluation.rules.chosen_rules import Rules, read_rules
from lusscore.evaluation.run_config import RulesTable

TOP, WORST = Rule.parse("top-5"), Rule.parse("worst")


def _select(folder, rows, columns=("model", "repeat", "fold", "rule")):
    (folder / "tables").mkdir()
    pd.DataFrame(rows, columns=columns).to_csv(folder / "tables" / "selection.csv", index=False)


def test_a_run_that_says_nothing_is_scored_by_majority(tmp_path):
    rules = read_rules(tmp_path, RulesTable())
    assert rules == {"clip": Rules(), "zone": Rules()}
    assert rules["clip"].of("a/b", 1, 1) == MAJORITY


def test_clips_and_zones_have_a_rule_each(tmp_path):
    rules = read_rules(tmp_path, RulesTable(clip_rule="top-5", zone_rule="worst"))
    assert rules["clip"].of("a/b", 1, 1) == TOP
    assert rules["zone"].of("a/b", 1, 1) == WORST


def test_what_nested_selection_chose_for_a_fold_goes_before(tmp_path):
    _select(tmp_path, [("a/b", 1, 2, "top-5"), ("a/b", 2, 1, "")])
    rules = read_rules(tmp_path, RulesTable(clip_rule="worst"))
    assert rules["clip"].of("a/b", 1, 2) == TOP
    assert rules["clip"].of("a/b", 1, 1) == WORST
    assert rules["clip"].of("a/b", 2, 1) == WORST
    assert rules["zone"].of("a/b", 1, 2) == MAJORITY


def test_a_rule_of_zones_may_be_chosen_too(tmp_path):
    _select(tmp_path, [("a/b", 1, 2, "worst")], ("model", "repeat", "fold", "zone_rule"))
    rules = read_rules(tmp_path, RulesTable())
    assert rules["zone"].of("a/b", 1, 2) == WORST
    assert rules["clip"].of("a/b", 1, 2) == MAJORITY


def test_a_table_that_chooses_other_things_chooses_no_rule(tmp_path):
    _select(tmp_path, [("a/b", 1, 2, "softmax")], ("model", "repeat", "fold", "head"))
    assert read_rules(tmp_path, RulesTable())["clip"] == Rules()


def test_the_baseline_is_always_scored_by_majority():
    assert Rules(WORST, {(BASELINE, 1, 1): TOP}).of(BASELINE, 1, 1) == MAJORITY


def test_an_unknown_rule_is_refused_with_its_place(tmp_path):
    with pytest.raises(RunError, match="Unknown rule 'best'"):
        read_rules(tmp_path, RulesTable(zone_rule="best"))
    _select(tmp_path, [("a/b", 1, 2, "top-5"), ("a/b", 1, 3, "median")])
    with pytest.raises(RunError, match=r"selection\.csv, line 3: Unknown rule 'median'"):
        read_rules(tmp_path, RulesTable())


def test_two_rules_for_one_fold_are_refused(tmp_path):
    _select(tmp_path, [("a/b", 1, 2, "top-5"), ("a/b", 1, 2, "worst")])
    with pytest.raises(RunError, match="chooses worst for a/b, repeat 1, fold 2, for which top-5"):
        read_rules(tmp_path, RulesTable())


def test_a_table_without_folds_is_refused(tmp_path):
    _select(tmp_path, [("a/b", "top-5")], ("model", "rule"))
    with pytest.raises(RunError, match="lacks the column repeat"):
        read_rules(tmp_path, RulesTable())
