import json

import numpy as np
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
    tables += ("exams", "reliability", "mcnemar", "rules", "coverage")
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
    assert a["chance"] != b["chance"]


def test_models_stand_in_the_order_of_the_backbones_with_the_baseline_last(run_folder):
    evaluate_run(run_folder, resamples=100)
    metrics = _metrics(run_folder)
    assert metrics["models"] == MODELS
    for level in ("frame", "clip", "zone"):
        assert list(metrics["levels"][level]) == [*MODELS, "baseline/majority"]
        assert len(metrics["comparison"][level]) == 4 * 3


def test_a_skilled_model_beats_the_baseline_and_more_skill_gives_more(run_folder):
    evaluate_run(run_folder, resamples=100)
    frame = _metrics(run_folder)["levels"]["frame"]
    accuracies = [frame[model]["pooled"]["accuracy"] for model in frame]
    assert accuracies == sorted(accuracies, reverse=True)
    assert frame["baseline/majority"]["pooled"]["macro_auc"] == 0.5
    for model in MODELS:
        assert (
            frame[model]["pooled"]["quadratic_kappa"] > frame[model]["chance"]["quadratic_kappa"][1]
        )
    assert frame["baseline/majority"]["chance"] == {}


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
    (row,) = (
        row
        for row in metrics["rules_compared"]
        if (row["model"], row["rule"]) == (MODELS[1], "worst")
    )
    assert row["pooled"]["accuracy"] == pooled["accuracy"]
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


def test_a_zone_of_another_protocol_is_refused(run_folder):
    path = run_folder / "predictions.csv"
    rows = read_predictions(path)
    rows["zone"] = rows["zone"].replace("R-ant-sup", "R1")
    write_predictions(path, rows)
    with pytest.raises(RunError, match="Zone 'R1' of the predictions is not one of protocol"):
        evaluate_run(run_folder)


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
    with pytest.raises(RunError, match="there are no predictions here"):
        evaluate_run(run_folder)
