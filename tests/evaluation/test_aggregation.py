import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.protocols import get_protocol
from lusscore.errors import RunError
from lusscore.evaluation.aggregation import (
    PREDICTED_COUNTS,
    TRUE_COUNTS,
    Rules,
    global_scores,
    read_rules,
    score_at,
    zone_accuracy,
)
from lusscore.evaluation.predictions import (
    BASELINE,
    PROBABILITIES,
    predicted_scores,
    read_predictions,
)
from lusscore.evaluation.rules import MAJORITY, STANDARD_RULES, Rule, majority_score
from lusscore.evaluation.run_config import RulesTable
from run_maker import Recipe, make_run


def test_a_tie_gives_the_higher_score():
    counts = np.array([[4, 4, 1, 0], [3, 0, 0, 3], [1, 1, 1, 1], [0, 2, 2, 1]])
    assert majority_score(counts).tolist() == [1, 3, 3, 2]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_majority_is_the_highest_of_the_most_frequent(scores):
    counts = np.bincount(scores, minlength=4)
    most = max(scores.count(score) for score in scores)
    highest = max(score for score in scores if scores.count(score) == most)
    assert majority_score(counts) == highest


def test_a_clip_is_scored_by_majority_of_its_frames_for_truth_and_prediction_alike(rows):
    clips = score_at(rows, "clip")
    assert clips["clip"].tolist() == ["a.mp4", "b.mp4"]
    assert clips["truth"].tolist() == [1, 2]
    assert clips["prediction"].tolist() == [1, 2]
    assert clips[list(TRUE_COUNTS)].to_numpy().tolist() == [[1, 2, 0, 0], [0, 0, 2, 1]]
    assert np.allclose(clips[list(PROBABILITIES)], [[1 / 3, 2 / 3, 0, 0], [0, 0, 2 / 3, 1 / 3]])


def test_a_zone_pools_the_frames_of_all_its_clips(rows):
    rows["patient"] = "007"
    rows["fold"] = 1
    zones = score_at(rows, "zone")
    assert len(zones) == 1
    assert zones["frames"].tolist() == [6]
    assert zones["truth"].tolist() == [2], "scores 1 and 2 have two frames each: the higher counts"
    assert "clip" not in zones


def _by_hand(predictions, level):
    """Truth and prediction of every clip or zone by the majority of frames, one by one."""
    keys = ["model", "repeat", "fold", "patient", "exam", "zone"] + ["clip"] * (level == "clip")
    predicted = predicted_scores(predictions[list(PROBABILITIES)].to_numpy())
    rows = predictions.assign(prediction=predicted)

    def most(scores):
        counts = scores.value_counts()
        return counts[counts == counts.max()].index.max()

    return rows.groupby(keys)[["truth", "prediction"]].agg(most).reset_index()


@pytest.mark.parametrize("level", ["clip", "zone"])
def test_unless_told_otherwise_frames_are_counted_and_the_majority_wins(tmp_path, level):
    recipe = Recipe(patients=6, skill=(("vgg16", 0.5),), clips=(1, 3), frames=(2, 6))
    predictions = read_predictions(make_run(tmp_path / "run", recipe) / "predictions.csv")
    shuffled = predictions.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(score_at(shuffled, level), score_at(predictions, level))
    by_hand = _by_hand(predictions, level)
    pd.testing.assert_frame_equal(score_at(predictions, level)[by_hand.columns], by_hand)


@pytest.mark.parametrize("rule", STANDARD_RULES, ids=str)
def test_a_rule_changes_the_prediction_and_never_the_truth(run_folder, rule):
    predictions = read_predictions(run_folder / "predictions.csv")
    for level in ("clip", "zone"):
        usual, other = score_at(predictions, level), score_at(predictions, level, rule)
        same = ["truth", "frames", *TRUE_COUNTS, *PREDICTED_COUNTS]
        assert other[same].equals(usual[same])
        models = other["model"] != "baseline/majority"
        if rule.name != "majority":
            assert not other.loc[models, "prediction"].equals(usual.loc[models, "prediction"])
        assert other[~models].equals(usual[~models]), "the baseline keeps to the majority"
        assert np.allclose(other[list(PROBABILITIES)].sum(axis=1), 1)


def test_each_fold_is_scored_by_its_own_rule(run_folder):
    predictions = read_predictions(run_folder / "predictions.csv")
    worst = Rule.parse("worst")
    chosen = Rules(Rule.parse("expected"), {("xception/softmax", 1, 2): worst})
    clips = score_at(predictions, "clip", chosen)
    other = (clips["model"] == "xception/softmax") & (clips["fold"] == 2)
    for rule, mine in ((worst, other), (chosen.default, ~other)):
        pd.testing.assert_frame_equal(clips[mine], score_at(predictions, "clip", rule)[mine])


def test_means_of_equal_probabilities_stay_equal(rows):
    rows[list(PROBABILITIES)] = [0.1, 0.2, 0.3, 0.4]
    clips = score_at(rows.drop(index=0), "clip")
    assert clips["frames"].tolist() == [2, 3]
    assert clips["p0"].nunique() == 1


def test_frames_of_unknown_zone_count_for_clips_and_not_for_zones(rows):
    rows.loc[rows["clip"] == "b.mp4", "zone"] = ""
    assert len(score_at(rows, "frame")) == 6
    assert score_at(rows, "clip")["zone"].tolist() == ["R-ant-sup", ""]
    zones = score_at(rows, "zone")
    assert zones["zone"].tolist() == ["R-ant-sup"]
    assert zones["frames"].tolist() == [3]


def test_without_any_zone_the_tables_keep_their_columns(rows):
    protocol = get_protocol("lus-12")
    none, some = score_at(rows.assign(zone=""), "zone"), score_at(rows, "zone")
    for tables in ((none, some), [global_scores(zones, protocol) for zones in (none, some)]):
        assert tables[0].empty
        assert list(tables[0].columns) == list(tables[1].columns)


def _zones(scores):
    table = pd.DataFrame(
        [(zone, truth, prediction) for zone, (truth, prediction) in scores.items()],
        columns=["zone", "truth", "prediction"],
    )
    return table.assign(model="m/h", repeat=1, fold=1, patient="7", exam="1")


def test_a_global_score_is_the_sum_over_scored_zones_and_never_imputed():
    exams = global_scores(_zones({"R1": (3, 2), "L2": (1, 2)}), get_protocol("blue-6"))
    exam = exams.iloc[0]
    assert (exam["truth"], exam["prediction"], exam["error"]) == (4, 4, 0)
    assert (exam["zones_scored"], exam["zones_of_protocol"]) == (2, 6)
    assert exam["protocol_maximum"] == 18
    assert (exam["true_mean_per_zone"], exam["predicted_mean_per_zone"]) == (2.0, 2.0)
    assert exam["true_highest"] == 4 + 3 * 4
    assert exam["predicted_highest"] == 4 + 3 * 4


def test_a_complete_exam_leaves_no_range():
    protocol = get_protocol("blue-6")
    exams = global_scores(_zones(dict.fromkeys(protocol.zone_names, (1, 3))), protocol)
    assert exams["true_highest"].tolist() == exams["truth"].tolist() == [6]
    assert exams["predicted_highest"].tolist() == [18]
    assert exams["error"].tolist() == [12]


def test_a_zone_of_another_protocol_is_refused():
    with pytest.raises(RunError, match=r"Zone 'R-ant-sup' .* not one of protocol blue-6"):
        global_scores(_zones({"R-ant-sup": (1, 1)}), get_protocol("blue-6"))


TOP, WORST = Rule.parse("top-5"), Rule.parse("worst")


def _select(folder, rows, columns=("model", "repeat", "fold", "rule")):
    (folder / "tables").mkdir()
    pd.DataFrame(rows, columns=columns).to_csv(folder / "tables" / "selection.csv", index=False)


def test_clips_and_zones_have_a_rule_each_by_default_the_majority(tmp_path):
    assert read_rules(tmp_path, RulesTable()) == {"clip": Rules(), "zone": Rules()}
    rules = read_rules(tmp_path, RulesTable(clip_rule="top-5", zone_rule="worst"))
    assert rules["clip"].of("a/b", 1, 1) == TOP
    assert rules["zone"].of("a/b", 1, 1) == WORST
    assert rules["zone"].of(BASELINE, 1, 1) == MAJORITY


def test_what_nested_selection_chose_for_a_fold_goes_before(tmp_path):
    _select(tmp_path, [("a/b", 1, 2, "top-5"), ("a/b", 2, 1, "")])
    rules = read_rules(tmp_path, RulesTable(clip_rule="worst"))
    assert rules["clip"].of("a/b", 1, 2) == TOP
    assert rules["clip"].of("a/b", 2, 1) == WORST
    assert rules["zone"].of("a/b", 1, 2) == MAJORITY


@pytest.mark.parametrize(
    ("rows", "columns", "told"),
    [
        ([("a/b", 1, 2, "top-5"), ("a/b", 1, 2, "worst")], ("model", "repeat", "fold", "rule"),
         "worst and top-5 for a/b, repeat 1, fold 2"),
        ([("a/b", "top-5")], ("model", "rule"), "repeat"),
        ([("a/b", 1, 3, "median")], ("model", "repeat", "fold", "rule"), "Unknown rule 'median'"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_choose_one_rule_per_fold_is_refused(tmp_path, rows, columns, told):
    _select(tmp_path, rows, columns)
    with pytest.raises(RunError, match=f"selection.csv: it does not say which rule.*{told}"):
        read_rules(tmp_path, RulesTable())


def test_accuracy_is_per_model_zone_and_fold_in_protocol_order(run_folder):
    frames = score_at(read_predictions(run_folder / "predictions.csv"), "frame")
    names = get_protocol("lus-12").zone_names
    table = zone_accuracy(frames, get_protocol("lus-12"))
    assert table["frames"].sum() == len(frames)
    row = table.iloc[17]
    keys = ["model", "zone", "repeat", "fold"]
    mine = frames[(frames[keys] == row[keys]).all(axis=1)]
    assert row["frames"] == len(mine)
    assert row["accuracy"] == pytest.approx((mine["truth"] == mine["prediction"]).mean())
    one = table[(table["model"] == "xception/softmax") & (table["fold"] == 1)]
    assert one["zone"].tolist() == sorted(one["zone"], key=names.index)


def test_accuracy_leaves_out_frames_of_unknown_zone(run_folder):
    frames = score_at(read_predictions(run_folder / "predictions.csv"), "frame")
    known = frames["patient"] != "101"
    table = zone_accuracy(
        frames.assign(zone=frames["zone"].where(known, "")), get_protocol("lus-12")
    )
    assert table["frames"].sum() == known.sum()
    none = zone_accuracy(frames.assign(zone=""), get_protocol("lus-12"))
    assert none.empty
    assert list(none.columns) == list(table.columns)
