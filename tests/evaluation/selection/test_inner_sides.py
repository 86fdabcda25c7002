from dataclasses import replace

import numpy as np
import pytest

from dataset_maker import make_labelled
from lusscore.cohort.fold_search import make_folds
from lusscore.errors import FoldError
from lusscore.evaluation.dataset import Dataset
from lusscore.evaluation.selection.inner_sides import divide_training
from lusscore.evaluation.sides import Side, fold_sides


def outer(dataset: Dataset) -> tuple[Side, ...]:
    return fold_sides(dataset.frames, make_folds(dataset.patients(), 3))


def test_parts_are_of_the_training_side_alone_and_never_split_a_patient() -> None:
    dataset = make_labelled(16, zones=4).dataset
    patients = dataset.frames["patient"].to_numpy()
    for side in outer(dataset):
        parts = divide_training(dataset, side, 4, 0)
        assert np.array_equal(np.sort(np.concatenate([part.test for part in parts])), side.train)
        for part in parts:
            assert np.array_equal(np.sort(np.concatenate([part.train, part.test])), side.train)
            assert not set(patients[part.train]) & set(patients[part.test])


def test_nothing_held_out_changes_the_division() -> None:
    dataset = make_labelled(16, zones=4).dataset
    side = outer(dataset)[0]
    frames = dataset.frames.copy()
    frames.loc[side.test, "truth"] = 3 - frames.loc[side.test, "truth"]
    other = divide_training(replace(dataset, frames=frames), side, 4, 0)
    for one, two in zip(divide_training(dataset, side, 4, 0), other, strict=True):
        assert np.array_equal(one.test, two.test)


def test_folds_and_seeds_divide_differently() -> None:
    dataset = make_labelled(16, zones=4).dataset
    side = outer(dataset)[0]
    one, other = (divide_training(dataset, side, 4, seed)[0].test for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_a_part_without_which_a_score_cannot_be_learned_is_left_out() -> None:
    # score 3 is that of one patient
    dataset = make_labelled(
        12, zones=3, score=lambda patient, zone: 3 if patient == 0 and zone == 0 else zone
    ).dataset
    patients = dataset.frames["patient"].to_numpy()
    side = Side(1, 1, np.flatnonzero(patients != "p11"), np.flatnonzero(patients == "p11"))
    parts = divide_training(dataset, side, 4, 0)
    assert len(parts) == 3
    assert not any("p0" in patients[part.test] for part in parts)


def test_patients_that_cannot_be_divided_again_are_refused_with_the_way_out() -> None:
    dataset = make_labelled(3, zones=2, score=lambda patient, zone: patient).dataset
    patients = dataset.frames["patient"].to_numpy()
    side = Side(1, 1, np.flatnonzero(patients != "p2"), np.flatnonzero(patients == "p2"))
    with pytest.raises(FoldError, match="leave out --select"):
        divide_training(dataset, side, 4, 0)
