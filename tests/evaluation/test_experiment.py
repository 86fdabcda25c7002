from dataclasses import replace

import pytest

import lusscore as ls
from lusscore.backbones import get_backbone
from lusscore.errors import FeatureFileError
from lusscore.evaluation.experiment import Experiment
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.run import run_experiment
from lusscore.evaluation.run_config import read_config
from lusscore.features import extract_features
from lusscore.heads import head_defaults


@pytest.fixture
def experiment(make_cohort, tiny_backbone):
    return Experiment(make_cohort(8), (get_backbone(str(tiny_backbone)),), (HeadChoice(),))


def test_the_head_is_completed_with_its_defaults_and_the_seed(experiment):
    chosen = replace(experiment, heads=(HeadChoice("softmax", {"epochs": 9}),), seed=4)
    (head,) = chosen.complete_heads()
    assert head.settings == {**head_defaults("softmax"), "epochs": 9, "seed": 4}


def test_every_setting_makes_another_name(experiment, tmp_path):
    saved = tmp_path / "folds.csv"
    saved.write_text("x")
    changes = [
        {"folds": 5},
        {"repeats": 2},
        {"seed": 1},
        {"heads": (HeadChoice("softmax", {"epochs": 9}),)},
        {"specs": (get_backbone("xception"),)},
        {"folds_file": saved},
        {"heads": (HeadChoice(), HeadChoice("mil"))},
        {"heads": (HeadChoice(), HeadChoice("mil", {"epochs": 9}))},
        {"combine": ("mean",)},
        {"leave_out": "device"},
        {"leave_out": "group"},
        {"training": (experiment.cohort,)},
        {"training": (experiment.cohort, experiment.cohort)},
    ]
    others = [replace(experiment, **change) for change in changes]
    names = {other.default_name() for other in [experiment, *others]}
    assert len(names) == 14
    assert replace(experiment).default_name() == experiment.default_name()
    spelled_out = (HeadChoice("softmax", {"epochs": 3}),)
    assert replace(experiment, heads=spelled_out).default_name() == experiment.default_name()


def test_an_experiment_fills_a_run_folder_and_leaves_the_features(experiment, tmp_path):
    features, folder = tmp_path / "features", tmp_path / "run"
    folder.mkdir()
    with pytest.raises(FeatureFileError, match="make it with 'lusscore features tiny'"):
        run_experiment(experiment, features, folder, name="a", command="c")
    (extracted,) = extract_features(experiment.cohort, experiment.specs, features)
    before = extracted.path.read_bytes()
    run_experiment(experiment, features, folder, name="a", command="c")
    assert ls.read_run(folder).skipped == 0
    assert extracted.path.read_bytes() == before
    for name in ("config.toml", "folds.csv", "predictions.csv", "metrics.json", "exams.csv"):
        assert (folder / name).exists()


def test_what_the_checks_warn_of_is_told_with_the_result(make_cohort, tiny_backbone, tmp_path):
    """Groups go by patient here, and so does the score."""
    cohort = make_cohort(8, score=lambda patient, zone: 3 * (patient % 2))
    experiment = Experiment(cohort, (get_backbone(str(tiny_backbone)),), (HeadChoice(),))
    extract_features(cohort, experiment.specs, tmp_path / "features")
    (tmp_path / "run").mkdir()
    run_experiment(experiment, tmp_path / "features", tmp_path / "run", name="a", command="c")
    told = " ".join(ls.read_run(tmp_path / "run").notes)
    assert "Group and score are associated" in told
    assert "majority" not in told
    assert "Group and score are associated" in (tmp_path / "run" / "config.toml").read_text()


def test_leaving_out_each_group_is_recorded_and_can_be_repeated_from_its_folds(
    experiment, tmp_path
):
    extract_features(experiment.cohort, experiment.specs, tmp_path / "features")
    by_group = replace(experiment, leave_out="group", heads=(HeadChoice("logistic"),))
    again = replace(
        experiment, folds_file=tmp_path / "one" / "folds.csv", heads=(HeadChoice("logistic"),)
    )
    for name, one in (("one", by_group), ("two", again)):
        (tmp_path / name).mkdir()
        run_experiment(one, tmp_path / "features", tmp_path / name, name=name, command="c")
    config = read_config(tmp_path / "one")
    assert config.cross_validation.model_dump() == {
        "folds": 2,
        "repeats": 1,
        "seed": 0,
        "leave_out": "group",
    }
    rows = (tmp_path / "one" / "folds.csv").read_text(encoding="utf-8").splitlines()
    assert rows[1].endswith(",covid,10,group: covid")
    assert rows[-1].endswith(",healthy,10,group: healthy")
    for file in ("folds.csv", "predictions.csv", "metrics.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    assert read_config(tmp_path / "two").cross_validation.leave_out == "group"


def test_external_validation_records_whom_it_trained_on(make_cohort, tiny_backbone, tmp_path):
    cohort = make_cohort(4, name="there", frames=4)
    other = make_cohort(6, name="here", extraction=replace(cohort.card.extraction, variants=1))
    experiment = Experiment(
        cohort, (get_backbone(str(tiny_backbone)),), (HeadChoice("logistic"),), training=(other,)
    )
    other.clip_path(other.clips()[0]).write_bytes(b"")
    for one in (cohort, other):
        extract_features(one, experiment.specs, tmp_path / "features")
    folder = tmp_path / "run"
    folder.mkdir()
    run_experiment(experiment, tmp_path / "features", folder, name="a", command="c")
    run = ls.read_run(folder)
    assert run.skipped == 1
    told = " ".join(run.notes)
    assert "1 labelled clip of here could not be used" in told
    assert "folds can hold one" not in told
    config = read_config(folder)
    assert (config.cohort.name, config.cohort.patients) == ("there", 4)
    assert (config.cross_validation.folds, config.cohort.frames) == (1, 32)
    (trained,) = config.trained_on
    assert (trained.name, trained.patients, trained.frames) == ("here", 6, 55)
    assert (trained.clips, trained.extraction["variants"]) == (11, 1)
    assert trained.groups == {"covid": 3, "healthy": 3}
    assert len(trained.manifest_digest) == len(trained.fingerprints["tiny"]) == 64
    assert trained.manifest_digest != config.cohort.manifest_digest
    assert len((folder / "folds.csv").read_text(encoding="utf-8").splitlines()) == 5
