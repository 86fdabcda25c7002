import pandas as pd
import pytest

from lusscore.evaluation.baseline import BASELINE
from lusscore.evaluation.evaluate import evaluate_run
from lusscore.evaluation.exam_errors import EXAM_METRICS
from lusscore.evaluation.metrics import CLASS_METRICS, METRICS
from lusscore.evaluation.tables import write_table
from run_maker import Recipe, make_run


@pytest.fixture
def tables(tmp_path):
    folder = make_run(tmp_path / "run", Recipe(capped_fold=2))
    evaluate_run(folder, resamples=100)
    return folder / "tables"


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
        ("xception/softmax", "baseline/majority"),
        ("resnet50/softmax", "baseline/majority"),
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


def test_every_rule_and_share_of_clips_has_its_rows(tables):
    rules = pd.read_csv(tables / "rules.csv")
    assert set(rules.groupby(["model", "rule"]).size()) == {5}
    assert rules["rule"].nunique() == 7
    assert (rules["low"] <= rules["pooled"]).all()
    assert (rules["pooled"] <= rules["high"]).all()
    coverage = pd.read_csv(tables / "coverage.csv")
    for _, rows in coverage.groupby("model"):
        assert rows["coverage"].tolist() == sorted(rows["coverage"], reverse=True)
        with_interval = rows.loc[rows["accuracy_low"].notna(), "coverage"]
        assert with_interval.tolist() == [1.0, 0.9, 0.8, 0.7, 0.5]
    clips = pd.read_csv(tables.parent / "clips.csv")
    whole = coverage[coverage["coverage"] == 1].set_index("model")["rows"]
    assert whole.to_dict() == clips.groupby("model").size().to_dict()
