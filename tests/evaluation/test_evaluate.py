import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lusscore.errors import RunError
from lusscore.evaluation import SCHEMA, MetricsRecord, evaluate_run, read_metrics, supported_level
from lusscore.evaluation.evaluate import write_table
from lusscore.evaluation.exam_errors import EXAM_METRICS
from lusscore.evaluation.metrics import CLASS_METRICS, METRICS
from lusscore.evaluation.predictions import BASELINE, read_predictions, write_predictions
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


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """An evaluated run, to be read alone, in which fold 2 lacks the scores 2 and 3."""
    folder = make_run(tmp_path_factory.mktemp("evaluated") / "run", Recipe(capped_fold=2))
    evaluate_run(folder, resamples=100)
    return folder


@pytest.fixture
def tables(evaluated):
    return evaluated / "tables"


def test_every_file_of_the_contract_is_written_and_the_same_run_gives_the_same_bytes(
    evaluated, tmp_path
):
    tables = ("metrics", "folds", "classes", "comparison", "zone_accuracy", "roc", "training")
    tables += ("exams", "reliability", "mcnemar", "coverage")
    expected = {"clips.csv", "zones.csv", "exams.csv", "metrics.json"}
    assert expected | {f"tables/{name}.csv" for name in tables} <= set(_contents(evaluated))
    again = make_run(tmp_path / "run", Recipe(capped_fold=2))
    evaluate_run(again, resamples=100)
    assert _contents(evaluated) == _contents(again)


def test_the_seed_only_changes_what_is_resampled(run_folder):
    evaluate_run(run_folder, resamples=100, seed=1)
    one = _metrics(run_folder)
    evaluate_run(run_folder, resamples=100, seed=2)
    other = _metrics(run_folder)
    a, b = (each["levels"]["frame"][MODELS[0]] for each in (one, other))
    assert a["pooled"] == b["pooled"]
    assert a["folds"] == b["folds"]
    assert a["interval"] != b["interval"]
    assert a["chance"] != b["chance"]


def test_models_stand_in_the_order_of_the_run_and_of_their_skill_with_the_baseline_last(evaluated):
    metrics = _metrics(evaluated)
    assert metrics["models"] == MODELS
    for level in ("frame", "clip", "zone"):
        assert list(metrics["levels"][level]) == [*MODELS, BASELINE]
        assert len(metrics["comparison"][level]) == 4 * 3
    frame = metrics["levels"]["frame"]
    accuracies = [entry["pooled"]["accuracy"] for entry in frame.values()]
    assert accuracies == sorted(accuracies, reverse=True)
    assert frame[BASELINE]["pooled"]["macro_auc"] == 0.5
    assert frame[BASELINE]["chance"] == {}
    for model in MODELS:
        kappa = "quadratic_kappa"
        assert frame[model]["pooled"][kappa] > frame[model]["chance"][kappa][1]


def test_labels_shuffled_between_patients_give_chance(run_folder):
    path = run_folder / "predictions.csv"
    rows = read_predictions(path)
    homes = rows.drop_duplicates("patient").groupby("fold")["patient"].agg(list)
    generator = np.random.default_rng(0)
    for members in homes:
        given = dict(zip(members, generator.permutation(members), strict=True))
        truths = {
            p: rows.loc[(rows["patient"] == p) & (rows["model"] == MODELS[0]), "truth"].to_numpy()
            for p in members
        }
        for patient in members:
            for model in rows["model"].unique():
                mine = (rows["patient"] == patient) & (rows["model"] == model)
                rows.loc[mine, "truth"] = np.resize(truths[given[patient]], mine.sum())
    write_predictions(path, rows)
    evaluate_run(run_folder, resamples=100)
    frame = _metrics(run_folder)["levels"]["frame"][MODELS[0]]
    for metric in ("quadratic_kappa", "macro_auc"):
        low, high = frame["chance"][metric]
        assert low - 0.05 <= frame["pooled"][metric] <= high + 0.05


def test_a_fold_without_a_score_is_named_and_leaves_nulls(evaluated):
    metrics = _metrics(evaluated)
    assert metrics["absent_scores"]["frame"] == [{"repeat": 1, "fold": 2, "scores": [2, 3]}]
    fold = metrics["levels"]["frame"][MODELS[0]]["folds"][1]
    assert fold["per_class"][3]["auc"] is None
    assert fold["per_class"][3]["support"] == 0
    assert fold["macro_auc"] is not None


def test_exams_sum_the_zone_table(evaluated):
    text = {"patient": str, "exam": str}
    zones = pd.read_csv(evaluated / "zones.csv", dtype=text)
    exams = pd.read_csv(evaluated / "exams.csv", dtype=text)
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


def _choose(folder, **evaluation):
    text = (folder / "config.toml").read_text(encoding="utf-8")
    lines = [f'{name} = "{rule}"' for name, rule in evaluation.items()]
    text = "\n".join([text, "[evaluation]", *lines, ""])
    (folder / "config.toml").write_text(text, encoding="utf-8")


def test_clips_and_zones_are_scored_by_the_rules_of_the_run(run_folder):
    _choose(run_folder, clip_rule="worst", zone_rule="highest-in-50%")
    evaluate_run(run_folder, resamples=100)
    clips, zones = (
        pd.read_csv(run_folder / f"{name}.csv").query("model == 'resnet50/softmax'")
        for name in ("clips", "zones")
    )
    counts = clips[[f"predicted_{score}" for score in range(4)]].to_numpy()
    assert (clips["prediction"] == 3 - (counts[:, ::-1] > 0).argmax(axis=1)).all()
    counts = zones[[f"predicted_{score}" for score in range(4)]].to_numpy()
    reached = counts[:, ::-1].cumsum(axis=1)[:, ::-1] >= zones[["frames"]].to_numpy() / 2
    assert (zones["prediction"] == reached.sum(axis=1) - 1).all()
    metrics = _metrics(run_folder)
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
    evaluate_run(run_folder, resamples=100)
    assert _metrics(run_folder)["rules"]["clip"] == {
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
    known, unknown = make_run(tmp_path / "known"), tmp_path / "unknown"
    make_run(unknown, Recipe(unzoned_clips=1.0))
    for folder in (known, unknown):
        evaluate_run(folder, resamples=100)
    some, none = _metrics(known), _metrics(unknown)
    for level in ("frame", "clip"):
        assert none["levels"][level] == some["levels"][level]
        assert none["comparison"][level] == some["comparison"][level]
    assert none["levels"]["zone"] == none["exams"] == {}
    assert none["comparison"]["zone"] == none["absent_scores"]["zone"] == []
    assert some["mcnemar"]["level"] == "zone"
    assert none["mcnemar"]["level"] == "clip"
    for name in ("zones.csv", "exams.csv", "tables/zone_accuracy.csv", "tables/exams.csv"):
        (header,) = (unknown / name).read_text(encoding="utf-8").splitlines()
        assert header == (known / name).read_text(encoding="utf-8").splitlines()[0]
    assert set(pd.read_csv(unknown / "tables" / "metrics.csv")["level"]) == {"frame", "clip"}


def test_some_unknown_zones_leave_their_frames_out_of_zones_and_exams_only(tmp_path):
    known, partly = make_run(tmp_path / "known"), tmp_path / "partly"
    make_run(partly, Recipe(unzoned_clips=0.4, unzoned_patients=4))
    for folder in (known, partly):
        evaluate_run(folder, resamples=100)
    some, all_known = _metrics(partly), _metrics(known)
    for level in ("frame", "clip"):
        assert some["levels"][level] == all_known["levels"][level]
    rows = read_predictions(partly / "predictions.csv")
    rows = rows[rows["zone"] != ""]
    zones = pd.read_csv(partly / "zones.csv", dtype=str, keep_default_na=False)
    assert zones["frames"].astype(int).sum() == len(rows)
    assert "" not in set(zones["zone"])
    assert some["levels"]["zone"][MODELS[0]]["rows"] == len(zones) // 3
    assert some["exams"][MODELS[0]]["exams"] == 8
    assert some["exams"][MODELS[0]]["interval"]["icc"] is not None
    assert len(some["comparison"]["zone"]) == 4 * 3


def test_a_fold_without_a_known_zone_is_left_out_of_the_means_of_zones(run_folder):
    path = run_folder / "predictions.csv"
    rows = read_predictions(path)
    rows["zone"] = rows["zone"].where(rows["fold"] == 2, "")
    write_predictions(path, rows)
    evaluate_run(run_folder, resamples=100)
    entry = _metrics(run_folder)["levels"]["zone"][MODELS[0]]
    assert [fold["fold"] for fold in entry["folds"]] == [2]
    assert entry["sd"]["accuracy"] is None
    assert _metrics(run_folder)["comparison"]["zone"][0]["fold_p"] is None


def test_without_the_baseline_nothing_is_reported(run_folder):
    path = run_folder / "predictions.csv"
    rows = read_predictions(path)
    write_predictions(path, rows[rows["model"] != BASELINE])
    with pytest.raises(RunError, match="and baseline/majority, which stands beside every result"):
        evaluate_run(run_folder)
    assert not (run_folder / "metrics.json").exists()


def test_too_few_resamples_are_refused(run_folder):
    with pytest.raises(RunError, match="give at least 100"):
        evaluate_run(run_folder, resamples=10)


def test_a_folder_without_predictions_is_named(run_folder):
    (run_folder / "predictions.csv").unlink()
    with pytest.raises(RunError, match="there are no predictions here"):
        evaluate_run(run_folder)


def test_an_undefined_number_is_an_empty_cell(tmp_path):
    write_table(tmp_path / "new" / "t.csv", pd.DataFrame({"a": [0.5, float("nan")], "b": [1, 2]}))
    assert (tmp_path / "new" / "t.csv").read_text(encoding="utf-8") == "a,b\n0.5,1\n,2\n"


def test_every_level_model_and_metric_has_a_row(tables):
    metrics = pd.read_csv(tables / "metrics.csv")
    assert len(metrics) == 3 * 3 * len(METRICS)
    assert set(metrics["level"]) == {"frame", "clip", "zone"}
    assert (metrics["low"] <= metrics["pooled"]).all()
    assert (metrics["pooled"] <= metrics["high"]).all()
    banded = metrics["chance_low"].notna()
    expected = (metrics["model"] != BASELINE) & (metrics["metric"] != "calibration_error")
    assert (banded == expected).all()
    assert (metrics["chance_low"] <= metrics["chance_high"])[banded].all()


def test_the_mean_over_folds_is_that_of_the_fold_table(tables):
    metrics = pd.read_csv(tables / "metrics.csv").set_index(["level", "model", "metric"])
    folds = pd.read_csv(tables / "folds.csv").groupby(["level", "model"])["macro_f1"].mean()
    for (level, model), mean in folds.items():
        assert metrics.loc[(level, model, "macro_f1"), "mean"] == pytest.approx(mean, rel=1e-4)


def test_confusion_rows_sum_to_the_support(tables):
    classes = pd.read_csv(tables / "classes.csv")
    predicted = [f"predicted_{score}" for score in range(4)]
    assert (classes[predicted].sum(axis=1) == classes["support"]).all()
    for metric in CLASS_METRICS:
        assert (classes[f"{metric}_low"] <= classes[metric]).all()
        assert (classes[metric] <= classes[f"{metric}_high"]).all()


def test_models_are_compared_with_each_other_and_with_the_baseline(tables):
    comparison = pd.read_csv(tables / "comparison.csv")
    pairs = set(zip(comparison["a"], comparison["b"], strict=True))
    assert pairs == {
        ("xception/softmax", "resnet50/softmax"),
        ("xception/softmax", BASELINE),
        ("resnet50/softmax", BASELINE),
    }


def test_every_model_has_its_exams_bins_and_pairs(tables):
    exams = pd.read_csv(tables / "exams.csv")
    assert exams.groupby("model")["metric"].agg(tuple).tolist() == [EXAM_METRICS] * 3
    bins = pd.read_csv(tables / "reliability.csv")
    rows = bins.groupby(["level", "model"])["rows"].sum()
    folds = pd.read_csv(tables / "folds.csv").groupby(["level", "model"])["rows"].sum()
    assert rows.equals(folds)
    mcnemar = pd.read_csv(tables / "mcnemar.csv")
    assert set(mcnemar["level"]) == {"zone"}
    assert len(mcnemar) == 3


def test_every_share_of_clips_has_its_rows(tables):
    coverage = pd.read_csv(tables / "coverage.csv")
    for _, rows in coverage.groupby("model"):
        assert rows["coverage"].tolist() == sorted(rows["coverage"], reverse=True)
        with_interval = rows.loc[rows["accuracy_low"].notna(), "coverage"]
        assert with_interval.tolist() == [1.0, 0.9, 0.8, 0.7, 0.5]
    clips = pd.read_csv(tables.parent / "clips.csv")
    whole = coverage[coverage["coverage"] == 1].set_index("model")["rows"]
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
    metrics = _metrics(evaluated)
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
