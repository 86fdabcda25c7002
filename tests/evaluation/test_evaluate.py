import json

import pandas as pd
import pytest

from lusscore.errors import RunError
from lusscore.evaluation.evaluate import evaluate_run
from lusscore.evaluation.predictions import read_predictions, write_predictions
from run_maker import Recipe, make_run

MODELS = ["xception/softmax", "resnet50/softmax"]


def _metrics(folder):
    return json.loads((folder / "metrics.json").read_text(encoding="utf-8"))


def _contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_file_of_the_contract_is_written(run_folder):
    evaluate_run(run_folder, resamples=100)
    written = set(_contents(run_folder))
    tables = ("metrics", "folds", "classes", "comparison", "zone_accuracy", "roc", "training")
    expected = {"clips.csv", "zones.csv", "exams.csv", "metrics.json"}
    assert expected | {f"tables/{name}.csv" for name in tables} <= written


def test_the_same_run_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        evaluate_run(make_run(tmp_path / name), resamples=100)
    assert _contents(tmp_path / "a") == _contents(tmp_path / "b")


def test_the_seed_only_changes_what_is_resampled(run_folder):
    evaluate_run(run_folder, resamples=100, seed=1)
    one = _metrics(run_folder)
    evaluate_run(run_folder, resamples=100, seed=2)
    other = _metrics(run_folder)
    a, b = (each["levels"]["frame"][MODELS[0]] for each in (one, other))
    assert a["pooled"] == b["pooled"]
    assert a["folds"] == b["folds"]
    assert a["interval"] != b["interval"]


def test_models_stand_in_the_order_of_the_backbones_with_the_baseline_last(run_folder):
    evaluate_run(run_folder, resamples=100)
    metrics = _metrics(run_folder)
    assert metrics["models"] == MODELS
    for level in ("frame", "clip", "zone"):
        assert list(metrics["levels"][level]) == [*MODELS, "baseline/majority"]
        assert len(metrics["comparison"][level]) == 2 * 3


def test_a_skilled_model_beats_the_baseline_and_more_skill_gives_more(run_folder):
    evaluate_run(run_folder, resamples=100)
    frame = _metrics(run_folder)["levels"]["frame"]
    accuracies = [frame[model]["pooled"]["accuracy"] for model in frame]
    assert accuracies == sorted(accuracies, reverse=True)
    assert frame["baseline/majority"]["pooled"]["macro_auc"] == 0.5


def test_a_fold_without_a_score_is_told_and_leaves_nulls(tmp_path):
    folder = make_run(tmp_path / "run", Recipe(capped_fold=3))
    evaluate_run(folder, resamples=100)
    metrics = _metrics(folder)
    assert metrics["absent_scores"]["frame"] == [{"repeat": 1, "fold": 3, "scores": [2, 3]}]
    fold = metrics["levels"]["frame"][MODELS[0]]["folds"][2]
    assert fold["per_class"][3]["auc"] is None
    assert fold["per_class"][3]["support"] == 0
    assert fold["macro_auc"] is not None


def test_exams_sum_the_zone_table(run_folder):
    evaluate_run(run_folder, resamples=100)
    text = {"patient": str, "exam": str}
    zones = pd.read_csv(run_folder / "zones.csv", dtype=text)
    exams = pd.read_csv(run_folder / "exams.csv", dtype=text)
    keys = ["model", "repeat", "fold", "patient", "exam"]
    sums = zones.groupby(keys)[["truth", "prediction"]].sum().reset_index()
    assert sums["prediction"].tolist() == exams["prediction"].tolist()
    assert (exams["zones_scored"] <= 12).all()
    assert (exams["predicted_highest"] >= exams["prediction"]).all()


def test_repeats_are_all_counted(tmp_path):
    folder = make_run(tmp_path / "run", Recipe(repeats=2))
    evaluate_run(folder, resamples=100)
    metrics = _metrics(folder)
    entry = metrics["levels"]["frame"][MODELS[0]]
    assert len(entry["folds"]) == 6
    assert metrics["exams"][MODELS[0]]["exams"] == 24
    assert metrics["comparison"]["frame"][0]["degrees"] == 5


def test_without_the_baseline_nothing_is_reported(run_folder):
    path = run_folder / "predictions.csv"
    rows = read_predictions(path)
    write_predictions(path, rows[rows["model"] != "baseline/majority"])
    with pytest.raises(RunError, match="and baseline/majority, which stands beside every result"):
        evaluate_run(run_folder)
    assert not (run_folder / "metrics.json").exists()


def test_too_few_resamples_are_refused(run_folder):
    with pytest.raises(RunError, match="give at least 100"):
        evaluate_run(run_folder, resamples=10)


def test_a_folder_without_predictions_is_named(run_folder):
    (run_folder / "predictions.csv").unlink()
    with pytest.raises(RunError, match="No predictions at"):
        evaluate_run(run_folder)
