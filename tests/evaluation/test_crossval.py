from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort
from lusscore.cohort.fold_search import make_folds
from lusscore.cohort.folds import Folds
from lusscore.errors import FoldError, HeadError
from lusscore.evaluation.baseline import BASELINE
from lusscore.evaluation.crossval import HeadChoice, cross_validate
from lusscore.evaluation.dataset import Dataset, join_labels
from lusscore.features import extract_features, read_features


@pytest.fixture
def make_dataset(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> Callable[..., Dataset]:
    def make(*args: object, **kwargs: object) -> Dataset:
        cohort = make_cohort(*args, **kwargs)
        spec = get_backbone(str(tiny_backbone))
        (outcome,) = extract_features(cohort, [spec], tmp_path / "features")
        return join_labels(cohort, [read_features(outcome.path)])

    return make


def test_every_frame_is_predicted_once_while_its_patient_is_held_out(
    make_dataset: Callable[..., Dataset],
) -> None:
    dataset = make_dataset(8)
    folds = make_folds(dataset.patients(), 3)
    told: list[tuple[int, int]] = []
    result = cross_validate(dataset, folds, HeadChoice(), progress=lambda *at: told.append(at))
    assert told == [(1, 3), (2, 3), (3, 3)]
    for model in ("tiny/softmax", BASELINE):
        rows = result.predictions[result.predictions["model"] == model]
        assert not rows.duplicated(["clip", "frame"]).any()
        assert len(rows) == len(dataset.frames)
        held_out = [folds.repeats[0][patient] for patient in rows["patient"]]
        assert rows["fold"].tolist() == held_out
        np.testing.assert_allclose(rows[["p0", "p1", "p2", "p3"]].sum(axis=1), 1, atol=1e-9)
    training = result.training
    assert (training["train_frames"] + training["test_frames"] == len(dataset.frames)).all()
    assert (training["train_patients"] + training["test_patients"] == 8).all()
    assert (training["seconds"] > 0).all()


def test_the_baseline_knows_only_the_training_side(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(4, score=lambda patient, zone: patient % 2)
    folds = Folds(2, ({"p0": 1, "p1": 1, "p2": 2, "p3": 2},))
    result = cross_validate(dataset, folds, HeadChoice())
    rows = result.predictions[result.predictions["model"] == BASELINE]
    assert (rows[["p0", "p1"]] == 0.5).all(axis=None)


def test_the_number_of_jobs_changes_nothing(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(8)
    folds = make_folds(dataset.patients(), 2)
    one = cross_validate(dataset, folds, HeadChoice(settings={"epochs": 2}))
    two = cross_validate(dataset, folds, HeadChoice(settings={"epochs": 2}), jobs=2)
    pd.testing.assert_frame_equal(one.predictions, two.predictions, check_exact=True)


def test_a_score_that_a_fold_cannot_learn_is_refused(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(4, score=lambda patient, zone: 3 if patient == 0 else zone)
    folds = make_folds(dataset.patients(), 2)
    with pytest.raises(FoldError, match="no patient left for training has score 3"):
        cross_validate(dataset, folds, HeadChoice())


def test_a_score_that_a_fold_cannot_test_is_noted(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(6, score=lambda patient, zone: 2 if patient < 2 else zone)
    folds = Folds(3, ({"p0": 1, "p1": 2, "p2": 3, "p3": 1, "p4": 2, "p5": 3},))
    result = cross_validate(dataset, folds, HeadChoice())
    assert result.notes == (
        "No frame of this cohort has score 3.",
        "In fold 3 of repeat 1, no held-out frame has score 2; metrics of that score are not "
        "defined there.",
    )
    assert (result.predictions["p3"] == 0).all()


def test_one_score_alone_is_refused(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(4, score=lambda patient, zone: 1)
    with pytest.raises(FoldError, match="All labelled frames have score 1"):
        cross_validate(dataset, make_folds(dataset.patients(), 2), HeadChoice())


def test_a_recording_on_both_sides_is_refused(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(4)
    dataset.frames["digest"] = "same"
    with pytest.raises(FoldError, match="has recording 'same' on both sides"):
        cross_validate(dataset, make_folds(dataset.patients(), 2), HeadChoice())


def test_an_unknown_setting_is_refused_before_anything_is_trained(
    make_dataset: Callable[..., Dataset],
) -> None:
    dataset = make_dataset(4)
    with pytest.raises(HeadError, match="no setting 'depth'"):
        cross_validate(
            dataset, make_folds(dataset.patients(), 2), HeadChoice(settings={"depth": 1})
        )
