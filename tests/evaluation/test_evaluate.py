import json
from pathlib import Path

import pandas as pd
import pytest

from lusscore.errors import RunError
from lusscore.evaluation.evaluate import (
    SCHEMA,
    MetricsRecord,
    evaluate_run,
    read_metrics,
    supported_level,
    write_table,
)
from lusscore.evaluation.exam_errors import EXAM_METRICS
from lusscore.evaluation.metrics import CLASS_METRICS, METRICS
from lusscore.evaluation.predictions import BASELINE, read_predictions, write_predictions
from run_maker import Recipe, make_run

MODELS = ["xception/softmax", "resnet50/softmax"]
RESULTS = {"clips", "zones", "exams"}
TABLES = {
    "metrics", "folds", "classes", "comparison", "zone_accuracy", "roc", "exams", "reliability",
    "mcnemar", "coverage",
}  # fmt: skip


def _evaluate(folder, recipe=None, **options):
    """Evaluate a run, made first where there is a recipe, and read its metrics."""
    if recipe is not None:
        make_run(folder, recipe)
    evaluate_run(folder, resamples=100, **options)
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """An evaluated run, to be read alone, in which fold 2 lacks the scores 2 and 3."""
    folder = tmp_path_factory.mktemp("evaluated") / "run"
    _evaluate(folder, Recipe(capped_fold=2))
    return folder


@pytest.fixture
def table(evaluated):
    return lambda name: pd.read_csv(evaluated / "tables" / f"{name}.csv")


def test_the_same_run_gives_the_same_bytes_in_every_file_of_the_contract(evaluated, tmp_path):
    _evaluate(tmp_path / "run", Recipe(capped_fold=2))
    names = {"metrics.json", *(f"{name}.csv" for name in RESULTS | {f"tables/{n}" for n in TABLES})}
    for name in names:
        assert (tmp_path / "run" / name).read_bytes() == (evaluated / name).read_bytes(), name


def test_the_seed_only_changes_what_is_resampled(run_folder):
    a, b = (_evaluate(run_folder, seed=seed)["levels"]["frame"][MODELS[0]] for seed in (1, 2))
    assert {name for name in a if a[name] != b[name]} == {
        "interval", "chance", "per_class", "reliability",
    }  # fmt: skip


def test_models_stand_in_the_order_of_the_run_with_the_baseline_last(evaluated):
    metrics = read_metrics(evaluated)
    assert metrics["models"] == MODELS
    for level in ("frame", "clip", "zone"):
        assert list(metrics["levels"][level]) == [*MODELS, BASELINE]
        assert len(metrics["comparison"][level]) == 4 * 3
    frame = metrics["levels"]["frame"]
    accuracies = [entry["pooled"]["accuracy"] for entry in frame.values()]
    assert accuracies == sorted(accuracies, reverse=True)
    assert (frame[BASELINE]["pooled"]["macro_auc"], frame[BASELINE]["chance"]) == (0.5, {})
    for model in MODELS:
        kappa = "quadratic_kappa"
        assert frame[model]["pooled"][kappa] > frame[model]["chance"][kappa][1]


def test_exams_sum_the_zone_table(evaluated):
    text = {"patient": str, "exam": str}
    zones, exams = (
        pd.read_csv(evaluated / f"{name}.csv", dtype=text) for name in ("zones", "exams")
    )
    keys = ["model", "repeat", "fold", "patient", "exam"]
    sums = zones.groupby(keys)[["truth", "prediction"]].sum().reset_index()
    assert sums["prediction"].tolist() == exams["prediction"].tolist()


def test_repeats_are_all_counted(tmp_path):
    metrics = _evaluate(tmp_path / "run", Recipe(repeats=2))
    assert len(metrics["levels"]["frame"][MODELS[0]]["folds"]) == 6
    assert metrics["exams"][MODELS[0]]["exams"] == 24
    assert metrics["comparison"]["frame"][0]["degrees"] == 5


def _choose(folder, **evaluation):
    text = (folder / "config.toml").read_text(encoding="utf-8")
    lines = [f'{name} = "{rule}"' for name, rule in evaluation.items()]
    text = "\n".join([text, "[evaluation]", *lines, ""])
    (folder / "config.toml").write_text(text, encoding="utf-8")


def test_clips_and_zones_are_scored_by_the_rules_of_the_run(run_folder):
    _choose(run_folder, clip_rule="worst", zone_rule="highest-in-50%")
    metrics = _evaluate(run_folder)
    counts = [f"predicted_{score}" for score in range(4)]
    clips, zones = (
        pd.read_csv(run_folder / f"{name}.csv").query("model == 'resnet50/softmax'")
        for name in ("clips", "zones")
    )
    assert (clips["prediction"] == 3 - (clips[counts[::-1]] > 0).to_numpy().argmax(1)).all()
    reached = zones[counts[::-1]].cumsum(axis=1)[counts].ge(zones["frames"] / 2, axis=0)
    assert (zones["prediction"] == reached.sum(axis=1) - 1).all()
    assert metrics["rules"]["clip"] == {
        "default": "worst",
        "chosen_in_folds": False,
        "folds": {model: {"worst": 3} for model in MODELS},
    }
    assert metrics["rules"]["zone"]["default"] == "highest-in-50%"
    pooled = metrics["levels"]["clip"][MODELS[1]]["pooled"]
    assert metrics["coverage"][MODELS[1]]["shares"][0]["pooled"]["accuracy"] == pooled["accuracy"]


def test_rules_chosen_in_folds_are_followed_and_counted(run_folder):
    rows = [(MODELS[0], 1, 1, "worst"), (MODELS[0], 1, 2, "worst"), (MODELS[0], 1, 3, "top-5")]
    table = pd.DataFrame(rows, columns=["model", "repeat", "fold", "rule"])
    table.to_csv(run_folder / "tables" / "selection.csv", index=False)
    assert _evaluate(run_folder)["rules"]["clip"] == {
        "default": "majority",
        "chosen_in_folds": True,
        "folds": {MODELS[0]: {"worst": 2, "top-5": 1}, MODELS[1]: {"majority": 3}},
    }


def test_an_unknown_rule_is_refused_before_anything_is_written(run_folder):
    _choose(run_folder, clip_rule="best")
    with pytest.raises(RunError, match="Unknown rule 'best'; expected one of majority"):
        evaluate_run(run_folder, resamples=100)
    assert not (run_folder / "clips.csv").exists()


def test_without_any_zone_frames_and_clips_are_scored_and_the_rest_is_empty(tmp_path):
    known, unknown = tmp_path / "known", tmp_path / "unknown"
    some, none = _evaluate(known, Recipe()), _evaluate(unknown, Recipe(unzoned_clips=1.0))
    for level in ("frame", "clip"):
        assert none["levels"][level] == some["levels"][level]
        assert none["comparison"][level] == some["comparison"][level]
    assert none["levels"]["zone"] == none["exams"] == {}
    assert none["comparison"]["zone"] == none["absent_scores"]["zone"] == []
    assert (some["mcnemar"]["level"], none["mcnemar"]["level"]) == ("zone", "clip")
    for name in ("zones.csv", "exams.csv", "tables/zone_accuracy.csv", "tables/exams.csv"):
        (header,) = (unknown / name).read_text(encoding="utf-8").splitlines()
        assert header == (known / name).read_text(encoding="utf-8").splitlines()[0]
    assert set(pd.read_csv(unknown / "tables" / "metrics.csv")["level"]) == {"frame", "clip"}


def test_some_unknown_zones_leave_their_frames_out_of_zones_and_exams_only(tmp_path):
    partly = tmp_path / "partly"
    all_known = _evaluate(tmp_path / "known", Recipe())
    some = _evaluate(partly, Recipe(unzoned_clips=0.4, unzoned_patients=4))
    for level in ("frame", "clip"):
        assert some["levels"][level] == all_known["levels"][level]
    zoned = (read_predictions(partly / "predictions.csv")["zone"] != "").sum()
    zones = pd.read_csv(partly / "zones.csv", dtype=str, keep_default_na=False)
    assert zones["frames"].astype(int).sum() == zoned
    assert some["levels"]["zone"][MODELS[0]]["rows"] == len(zones) // 3
    assert some["exams"][MODELS[0]]["exams"] == 8
    assert some["exams"][MODELS[0]]["interval"]["icc"] is not None


def test_a_fold_without_a_known_zone_is_left_out_of_the_means_of_zones(run_folder):
    path = run_folder / "predictions.csv"
    rows = read_predictions(path)
    write_predictions(path, rows.assign(zone=rows["zone"].where(rows["fold"] == 2, "")))
    metrics = _evaluate(run_folder)
    entry = metrics["levels"]["zone"][MODELS[0]]
    assert [fold["fold"] for fold in entry["folds"]] == [2]
    assert entry["sd"]["accuracy"] is metrics["comparison"]["zone"][0]["fold_p"] is None


def test_what_cannot_be_evaluated_is_refused(run_folder):
    with pytest.raises(RunError, match="give at least 100"):
        evaluate_run(run_folder, resamples=10)
    path = run_folder / "predictions.csv"
    rows = read_predictions(path)
    write_predictions(path, rows[rows["model"] != BASELINE])
    with pytest.raises(RunError, match="and baseline/majority, which stands beside every result"):
        evaluate_run(run_folder)
    assert not (run_folder / "metrics.json").exists()
    path.unlink()
    with pytest.raises(RunError, match="there are no predictions here"):
        evaluate_run(run_folder)


def test_an_undefined_number_is_an_empty_cell(tmp_path):
    write_table(tmp_path / "new" / "t.csv", pd.DataFrame({"a": [0.5, float("nan")], "b": [1, 2]}))
    assert (tmp_path / "new" / "t.csv").read_text(encoding="utf-8") == "a,b\n0.5,1\n,2\n"


def test_tables_hold_every_level_model_and_metric_with_intervals(table):
    metrics, folds, classes = table("metrics"), table("folds"), table("classes")
    assert len(metrics) == 3 * 3 * len(METRICS)
    assert (metrics["low"] <= metrics["pooled"]).all()
    assert (metrics["pooled"] <= metrics["high"]).all()
    banded = metrics["chance_low"].notna()
    expected = (metrics["model"] != BASELINE) & (metrics["metric"] != "calibration_error")
    assert (banded == expected).all()
    mean = metrics[metrics["metric"] == "macro_f1"].set_index(["level", "model"])["mean"]
    by_fold = folds.groupby(["level", "model"])["macro_f1"].mean()
    assert mean[by_fold.index].to_list() == pytest.approx(by_fold.to_list(), rel=1e-4)
    predicted = [f"predicted_{score}" for score in range(4)]
    assert (classes[predicted].sum(axis=1) == classes["support"]).all()
    for metric in CLASS_METRICS:
        assert (classes[f"{metric}_low"] <= classes[metric]).all()
        assert (classes[metric] <= classes[f"{metric}_high"]).all()


def test_every_model_has_its_exams_bins_and_pairs(table):
    pairs = {tuple(pair) for pair in table("comparison")[["a", "b"]].to_numpy()}
    assert pairs == {tuple(MODELS), *((model, BASELINE) for model in MODELS)}
    assert table("exams").groupby("model")["metric"].agg(tuple).tolist() == [EXAM_METRICS] * 3
    rows, folds = (
        table(name).groupby(["level", "model"])["rows"].sum() for name in ("reliability", "folds")
    )
    assert rows.equals(folds)
    assert table("mcnemar")["level"].tolist() == ["zone"] * 3


def test_every_share_of_clips_has_its_rows(evaluated, table):
    coverage = table("coverage")
    for _, rows in coverage.groupby("model"):
        assert rows["coverage"].tolist() == sorted(rows["coverage"], reverse=True)
        with_interval = rows.loc[rows["accuracy_low"].notna(), "coverage"]
        assert with_interval.tolist() == [1.0, 0.9, 0.8, 0.7, 0.5]
    whole = coverage[coverage["coverage"] == 1].set_index("model")["rows"]
    clips = pd.read_csv(evaluated / "clips.csv")
    assert whole.to_dict() == clips.groupby("model").size().to_dict()


def test_what_json_cannot_say_becomes_null_and_numbers_keep_six_decimals(evaluated):
    text = (evaluated / "metrics.json").read_text(encoding="utf-8")
    numbers = []
    assert json.loads(text, parse_float=numbers.append, parse_constant=pytest.fail)
    assert "null" in text
    assert all(len(number.partition(".")[2]) <= 6 for number in numbers if "e" not in number)


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
def test_what_no_run_has_is_refused(evaluated, tmp_path, change, told):
    metrics = json.loads((evaluated / "metrics.json").read_text(encoding="utf-8"))
    assert metrics == read_metrics(evaluated)
    change(metrics)
    (tmp_path / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    with pytest.raises(RunError, match=f"(?s){told}"):
        read_metrics(tmp_path)


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
