from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort
from lusscore.errors import FeatureFileError
from lusscore.evaluation.crossval import HeadChoice
from lusscore.evaluation.experiment import Experiment, run_experiment
from lusscore.features import extract_features


@pytest.fixture
def experiment(make_cohort: Callable[..., Cohort], tiny_backbone: Path) -> Experiment:
    return Experiment(make_cohort(8), (get_backbone(str(tiny_backbone)),), (HeadChoice(),))


def test_the_head_is_completed_with_its_defaults_and_the_seed(experiment: Experiment) -> None:
    chosen = replace(experiment, heads=(HeadChoice("softmax", {"epochs": 9}),), seed=4)
    assert chosen.complete_heads()[0].settings == {
        "dropout": 0.5,
        "learning_rate": 0.001,
        "batch_size": 32,
        "epochs": 9,
        "optimizer": "adam",
        "class_weight": "none",
        "mixup": 0.0,
        "components": 0,
        "test_variants": False,
        "seed": 4,
    }


def test_every_setting_makes_another_name(experiment: Experiment, tmp_path: Path) -> None:
    saved = tmp_path / "folds.csv"
    saved.write_text("x")
    others = [
        replace(experiment, folds=5),
        replace(experiment, repeats=2),
        replace(experiment, seed=1),
        replace(experiment, heads=(HeadChoice("softmax", {"epochs": 9}),)),
        replace(experiment, specs=(get_backbone("xception"),)),
        replace(experiment, folds_file=saved),
        replace(experiment, heads=(HeadChoice(), HeadChoice("mil"))),
        replace(experiment, heads=(HeadChoice(), HeadChoice("mil", {"epochs": 9}))),
        replace(experiment, combine=("mean",)),
    ]
    names = {other.default_name() for other in [experiment, *others]}
    assert len(names) == 10
    assert replace(experiment).default_name() == experiment.default_name()
    spelled_out = (HeadChoice("softmax", {"epochs": 3}),)
    assert replace(experiment, heads=spelled_out).default_name() == experiment.default_name()


def test_an_experiment_fills_a_run_folder_and_leaves_the_features(
    experiment: Experiment, tmp_path: Path
) -> None:
    features, folder = tmp_path / "features", tmp_path / "run"
    folder.mkdir()
    with pytest.raises(FeatureFileError, match="make it with 'lusscore features'"):
        run_experiment(experiment, features, folder, name="a", command="c")
    (extracted,) = extract_features(experiment.cohort, experiment.specs, features)
    before = extracted.path.read_bytes()
    outcome = run_experiment(experiment, features, folder, name="a", command="c")
    assert outcome.skipped == 0
    assert extracted.path.read_bytes() == before
    for name in ("config.toml", "folds.csv", "predictions.csv", "metrics.json", "exams.csv"):
        assert (folder / name).exists()


def test_what_the_checks_warn_of_is_told_with_the_result(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    """Groups go by patient here, and so does the score."""
    cohort = make_cohort(8, score=lambda patient, zone: 3 * (patient % 2))
    experiment = Experiment(cohort, (get_backbone(str(tiny_backbone)),), (HeadChoice(),))
    extract_features(cohort, experiment.specs, tmp_path / "features")
    (tmp_path / "run").mkdir()
    outcome = run_experiment(
        experiment, tmp_path / "features", tmp_path / "run", name="a", command="c"
    )
    told = " ".join(outcome.notes)
    assert "Group and score go together" in told
    assert "majority" not in told
    assert "Group and score go together" in (tmp_path / "run" / "config.toml").read_text()
