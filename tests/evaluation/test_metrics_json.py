import json
from pathlib import Path

import pytest

from lusscore.errors import RunError
from lusscore.evaluation import SCHEMA, MetricsRecord, evaluate_run, read_metrics, supported_level


@pytest.fixture
def evaluated(run_folder):
    evaluate_run(run_folder, resamples=100)
    return run_folder


def test_what_json_cannot_say_becomes_null_and_numbers_keep_six_decimals(evaluated):
    text = (evaluated / "metrics.json").read_text(encoding="utf-8")
    numbers = []
    assert json.loads(text, parse_float=numbers.append, parse_constant=pytest.fail)
    assert "null" in text
    assert all(len(number.partition(".")[2]) <= 6 for number in numbers if "e" not in number)


def test_what_is_read_is_what_was_written(evaluated):
    written = json.loads((evaluated / "metrics.json").read_text(encoding="utf-8"))
    assert read_metrics(evaluated) == written
    assert written["schema"] == SCHEMA


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda metrics: metrics.update(schema=SCHEMA + 1), "a later lusscore.*update lusscore"),
        (lambda metrics: metrics.update(schema=1), "an earlier lusscore.*'lusscore cv' again"),
        (lambda metrics: metrics.pop("levels"), "levels: is missing"),
        (lambda metrics: metrics.update(best="xception"), "best: is unknown"),
        (
            lambda metrics: metrics["bootstrap"].update(seed="0"),
            "bootstrap.seed: '0' is not allowed",
        ),
    ],
)
def test_what_no_run_has_is_refused(evaluated, change, told):
    path = evaluated / "metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    change(metrics)
    path.write_text(json.dumps(metrics), encoding="utf-8")
    with pytest.raises(RunError, match=f"(?s){told}"):
        read_metrics(evaluated)


def test_every_key_is_documented():
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    names = set(MetricsRecord.model_fields) - {"schema_version"}
    assert not {name for name in names if f"\n    {name} " not in page}


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
