from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ground import Ground
from lusscore.errors import RunError
from lusscore.evaluation.rules import Rule
from lusscore.evaluation.run_config import read_config, write_config
from lusscore.training.recorded_run import read_recorded_run


def copy(run: Path, to: Path) -> Path:
    return Path(shutil.copytree(run, to / "copy"))


@pytest.mark.parametrize("best", [0, 1, 2, 3])
def test_without_a_name_it_is_the_first_model_whatever_the_numbers(
    plain_run: Path, tmp_path: Path, best: int
) -> None:
    run = copy(plain_run, tmp_path)
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    for level in metrics["levels"].values():
        for number, model in enumerate(metrics["models"]):
            pooled = level[model]["pooled"]
            pooled.update(dict.fromkeys(pooled, 1.0 if number == best else 0.0))
    (run / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    assert len(metrics["models"]) == 4
    assert read_recorded_run(run).model == metrics["models"][0] == "tiny/logistic"


def test_what_was_chosen_inside_the_folds_comes_before_what_was_not(chosen_run: Path) -> None:
    found = read_recorded_run(chosen_run)
    assert found.config.models[0] == "tiny/logistic"
    assert found.model == "selected/best"
    assert found.is_selected
    assert not read_recorded_run(chosen_run, "tiny/logistic").is_selected


def test_it_has_the_models_own_predictions_and_the_runs_rules(ground: Ground) -> None:
    run = ground.run(
        "rules", clip_rule=Rule.parse("mean-probability"), zone_rule=Rule.parse("worst")
    )
    found = read_recorded_run(run, "other/logistic")
    assert set(found.predictions["model"]) == {"other/logistic"}
    assert len(found.predictions) == 12 * 2 * 4
    assert (found.clip_rule.name, found.zone_rule.name) == ("mean-probability", "worst")


@pytest.mark.parametrize(
    ("wanted", "model"),
    [
        ("average", "selected/average"),
        ("selected/best", "selected/best"),
        ("other", "other/logistic"),
    ],
)
def test_a_model_is_named_whole_or_by_what_tells_it_from_others(
    chosen_run: Path, wanted: str, model: str
) -> None:
    assert read_recorded_run(chosen_run, wanted).model == model


def test_a_whole_name_wins_over_longer_ones_that_hold_it(plain_run: Path) -> None:
    assert read_recorded_run(plain_run, "other/logistic").model == "other/logistic"
    assert read_recorded_run(plain_run, "tiny+other/logistic").model == "tiny+other/logistic"


@pytest.mark.parametrize(("wanted", "told"), [("selected", "several models"), ("svm", "no model")])
def test_another_name_is_refused_with_those_that_there_are(
    chosen_run: Path, wanted: str, told: str
) -> None:
    with pytest.raises(RunError, match=f"has {told} that '{wanted}' names; expected one of tiny/"):
        read_recorded_run(chosen_run, wanted)


def test_an_external_validation_is_refused(plain_run: Path, tmp_path: Path) -> None:
    run = copy(plain_run, tmp_path)
    config = read_config(run)
    write_config(run, config.model_copy(update={"trained_on": (config.cohort,)}))
    with pytest.raises(RunError, match="external validation, which holds out a whole cohort"):
        read_recorded_run(run)


def test_what_is_no_run_or_is_not_whole_is_refused(plain_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no run"):
        read_recorded_run(tmp_path / "none")
    run = copy(plain_run, tmp_path)
    (run / "metrics.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="metrics.json: it is not the JSON"):
        read_recorded_run(run)
    (run / "metrics.json").unlink()
    with pytest.raises(RunError, match="lacks metrics.json"):
        read_recorded_run(run)
    (run / "predictions.csv").unlink()
    with pytest.raises(RunError, match="No predictions at"):
        read_recorded_run(run)


def test_a_model_without_predictions_is_refused(plain_run: Path, tmp_path: Path) -> None:
    run = copy(plain_run, tmp_path)
    file = run / "config.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('models = ["', 'models = ["tiny/gone", "'), encoding="utf-8")
    with pytest.raises(RunError, match="has no predictions of tiny/gone"):
        read_recorded_run(run)
    file.write_text(text.replace("models = [", "unknown = ["), encoding="utf-8")
    with pytest.raises(RunError, match="records no models"):
        read_recorded_run(run)
