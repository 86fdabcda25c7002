from pathlib import Path

import pytest

from dataset_maker import make_labelled
from lusscore.cohort.folds import write_folds
from lusscore.errors import FoldError
from lusscore.evaluation.crossval import HeadChoice, cross_validate
from lusscore.evaluation.division import divide_as_saved, divide_into_folds, divide_leaving_out


def test_each_device_is_held_out_with_all_its_patients_once() -> None:
    labelled = make_labelled(9)
    division = divide_leaving_out(labelled, "device")
    frames = division.frames.frames
    assert division.notes == ()
    assert [side.where for side in division.sides] == [
        f"With device: device {number} left out" for number in range(3)
    ]
    for number, side in enumerate(division.sides):
        assert set(frames["device"][side.test]) == {f"device {number}"}
        assert f"device {number}" not in set(frames["device"][side.train])
        assert len(side.test) + len(side.train) == len(frames)
    result = cross_validate(division.frames, division.sides, HeadChoice("logistic"))
    assert len(result.predictions) == 2 * len(frames)


def test_no_patient_and_no_device_is_on_both_sides_where_a_patient_has_two() -> None:
    """p0's second zone was examined with the device of p1."""
    labelled = make_labelled(
        8,
        zones=3,
        device=lambda patient, zone: f"d{1 if (patient, zone) == (0, 1) else patient % 2}",
    )
    division = divide_leaving_out(labelled, "device")
    frames = division.frames.frames
    for side in division.sides:
        for column in ("patient", "device"):
            assert not set(frames[column][side.test]) & set(frames[column][side.train])
    assert "1 of 8 patients was examined with more than one device" in division.notes[0]
    assert len(division.tested.dataset.frames) == len(frames) == 8 * 9 - 3


def test_a_group_that_has_all_but_one_score_cannot_be_left_out() -> None:
    labelled = make_labelled(8, score=lambda patient, zone: 1 + zone if patient % 2 else 0)
    division = divide_leaving_out(labelled, "group")
    with pytest.raises(FoldError, match="With group: covid left out, all frames to train on have"):
        cross_validate(division.frames, division.sides, HeadChoice("logistic"))


def test_saved_folds_of_either_kind_divide_as_they_did(tmp_path: Path) -> None:
    labelled = make_labelled(9)
    path = tmp_path / "folds.csv"
    for division in (divide_into_folds(labelled, 3, 2, 5), divide_leaving_out(labelled, "device")):
        write_folds(path, division.folds, labelled.dataset.patients())
        again = divide_as_saved(labelled, path)
        assert again.folds == division.folds
        for one, other in zip(again.sides, division.sides, strict=True):
            assert one.where == other.where
            assert one.test.tolist() == other.test.tolist()


def test_saved_folds_by_device_are_held_to_the_devices_there_are(tmp_path: Path) -> None:
    division = divide_leaving_out(make_labelled(6), "device")
    write_folds(tmp_path / "folds.csv", division.folds, division.tested.dataset.patients())
    moved = make_labelled(6, device=lambda patient, zone: f"device {(patient + 1) % 3}")
    with pytest.raises(FoldError, match="the manifest has 'device: device 1'"):
        divide_as_saved(moved, tmp_path / "folds.csv")
