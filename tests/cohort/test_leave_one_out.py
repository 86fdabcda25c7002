from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.folds import Folds
from lusscore.cohort.leave_one_out import check_left_out, leave_one_out
from lusscore.errors import FoldError

VALUES = st.dictionaries(st.text("abc", min_size=1), st.sampled_from(["x", "y", "z"]), min_size=1)


@given(VALUES)
def test_every_value_is_one_fold_that_holds_all_its_patients(values: dict[str, str]) -> None:
    if len(set(values.values())) < 2:
        with pytest.raises(FoldError, match="leaves nobody to train on"):
            leave_one_out("device", values)
        return
    folds = leave_one_out("device", values)
    assert folds.left_out is not None
    for fold, value in enumerate(folds.left_out.values, start=1):
        held_out = folds.test_patients(1, fold)
        assert held_out == {patient for patient in values if values[patient] == value}
    assert leave_one_out("device", dict(reversed(values.items()))) == folds


def test_a_patient_of_unknown_device_gets_a_sentence() -> None:
    with pytest.raises(FoldError) as caught:
        leave_one_out("device", {"a": "x", "c": "", "b": "", "d": "y"})
    assert "The device of 2 of 4 patients is not known, the first 'b'" in str(caught.value)
    assert "Fill in the manifest's column device" in str(caught.value)


def test_saved_folds_must_leave_out_what_the_manifest_has() -> None:
    made = leave_one_out("device", {"a": "x", "b": "y"})
    check_left_out(made, made)
    with pytest.raises(
        FoldError, match=r"patient 'b' with 'device: y', but the manifest has 'device: x'"
    ):
        check_left_out(
            leave_one_out("device", {"a": "x", "b": "y", "c": "y"}),
            leave_one_out("device", {"a": "x", "b": "x", "c": "y"}),
        )
    assert made.left_out is not None
    turned = Folds(2, ({"a": 2, "b": 1},), replace(made.left_out, values=("y", "x")))
    with pytest.raises(FoldError, match="numbered otherwise"):
        check_left_out(turned, made)
