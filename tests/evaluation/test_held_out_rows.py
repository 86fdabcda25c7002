import pytest

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.predictions import HeldOut


def test_rows_name_their_patient_and_fold(rows):
    held_out = HeldOut.of(score_at(rows, "frame"), ["007", "NA"])
    assert [held_out.patients[code] for code in held_out.patient] == rows["patient"].tolist()
    assert [held_out.folds[code] for code in held_out.fold] == [(1, 1)] * 3 + [(1, 2)] * 3
    assert held_out.probabilities.shape == (6, 4)


@pytest.mark.parametrize("fold", [0, 1])
def test_a_fold_keeps_all_patients_in_its_list(rows, fold):
    part = HeldOut.of(score_at(rows, "frame"), ["007", "NA"]).in_fold(fold)
    assert len(part.truth) == 3
    assert part.patients == ("007", "NA")
    assert set(part.fold) == {fold}
