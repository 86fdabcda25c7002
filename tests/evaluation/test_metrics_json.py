import json

import numpy as np
import pytest

from lusscore.evaluation.metrics_json import SCHEMA, supported_level, write_metrics


def test_what_json_cannot_say_becomes_null(tmp_path):
    path = tmp_path / "metrics.json"
    write_metrics(path, {"a": float("nan"), "b": [float("inf"), np.float64(0.5)], "c": (1, None)})
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "schema": SCHEMA,
        "a": None,
        "b": [None, 0.5],
        "c": [1, None],
    }


def test_numbers_keep_six_decimals(tmp_path):
    write_metrics(tmp_path / "m.json", {"third": 1 / 3})
    assert json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))["third"] == 0.333333


@pytest.mark.parametrize(
    ("given", "zones", "level"),
    [
        ("frame", {}, "frame"),
        ("clip", {}, "clip"),
        ("zone", {"a": {}}, "zone"),
        ("zone", {}, "clip"),
    ],
)
def test_a_run_is_summed_up_at_the_level_of_its_labels(given, zones, level):
    levels = {"frame": {"a": {}}, "clip": {"a": {}}, "zone": zones}
    assert supported_level({"label_level": given, "levels": levels}) == level
