import pytest

from lusscore.cohort.protocols import get_protocol
from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.predictions import read_predictions
from lusscore.evaluation.zone_accuracy import zone_accuracy


def test_accuracy_is_per_model_zone_and_fold(run_folder):
    frames = score_at(read_predictions(run_folder / "predictions.csv"), "frame")
    table = zone_accuracy(frames, get_protocol("lus-12"))
    assert table["frames"].sum() == len(frames)
    row = table.iloc[17]
    keys = ["model", "zone", "repeat", "fold"]
    mine = frames[(frames[keys] == row[keys]).all(axis=1)]
    assert row["frames"] == len(mine)
    assert row["accuracy"] == pytest.approx((mine["truth"] == mine["prediction"]).mean())


def test_frames_of_unknown_zone_count_nowhere(run_folder):
    frames = score_at(read_predictions(run_folder / "predictions.csv"), "frame")
    forgotten = frames.assign(zone=frames["zone"].where(frames["patient"] != "101", ""))
    table = zone_accuracy(forgotten, get_protocol("lus-12"))
    assert "" not in set(table["zone"])
    assert table["frames"].sum() == (frames["patient"] != "101").sum()


def test_without_any_zone_there_is_a_header_and_no_row(run_folder):
    frames = score_at(read_predictions(run_folder / "predictions.csv"), "frame")
    table = zone_accuracy(frames.assign(zone=""), get_protocol("lus-12"))
    assert list(table.columns) == ["model", "zone", "repeat", "fold", "frames", "accuracy"]
    assert table.empty


def test_zones_stand_in_protocol_order(run_folder):
    frames = score_at(read_predictions(run_folder / "predictions.csv"), "frame")
    table = zone_accuracy(frames, get_protocol("lus-12"))
    one = table[(table["model"] == "xception/softmax") & (table["fold"] == 1)]
    order = [zone for zone in get_protocol("lus-12").zone_names if zone in set(one["zone"])]
    assert one["zone"].tolist() == order
