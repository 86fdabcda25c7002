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
    global_scores,
    majority_score,
    score_at,
)
from lusscore.evaluation.predictions import PROBABILITIES, read_predictions


def test_the_score_of_most_frames_wins():
    assert majority_score(np.array([[5, 2, 1, 0], [0, 1, 7, 3]])).tolist() == [0, 2]


def test_a_tie_gives_the_higher_score():
    counts = np.array([[4, 4, 1, 0], [3, 0, 0, 3], [1, 1, 1, 1], [0, 2, 2, 1]])
    assert majority_score(counts).tolist() == [1, 3, 3, 2]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_majority_is_the_highest_of_the_most_frequent(scores):
    counts = np.bincount(scores, minlength=4)
    most = max(scores.count(score) for score in scores)
    highest = max(score for score in scores if scores.count(score) == most)
    assert majority_score(counts) == highest


def test_frames_keep_their_rows_and_gain_a_prediction(rows):
    frames = score_at(rows, "frame")
    assert frames["prediction"].tolist() == rows["truth"].tolist()
    assert len(frames) == len(rows)


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


def test_counts_add_up_to_frames(run_folder):
    predictions = read_predictions(run_folder / "predictions.csv")
    for level in ("clip", "zone"):
        table = score_at(predictions, level)
        assert (table[list(TRUE_COUNTS)].sum(axis=1) == table["frames"]).all()
        assert (table[list(PREDICTED_COUNTS)].sum(axis=1) == table["frames"]).all()
        assert table["frames"].sum() == len(predictions)
        assert np.allclose(table[list(PROBABILITIES)].sum(axis=1), 1)


def test_means_of_equal_probabilities_stay_equal(rows):
    rows[list(PROBABILITIES)] = [0.1, 0.2, 0.3, 0.4]
    more = rows.assign(clip="c.mp4", frame=rows["frame"] + 10 * (rows["patient"] == "NA"))
    clips = score_at(pd.concat([rows, more.iloc[:2]], ignore_index=True), "clip")
    assert clips["frames"].nunique() > 1
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
    assert none.empty
    assert list(none.columns) == list(some.columns)
    exams = global_scores(none, protocol)
    assert exams.empty
    assert list(exams.columns) == list(global_scores(some, protocol).columns)


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
