from pathlib import Path

import pytest

from lusscore.cohort.folds import Folds, PatientFrames, read_folds, write_folds
from lusscore.errors import FoldError, InvalidCohortError

PATIENTS = [PatientFrames(name, "covid", (5, 1, 0, 2)) for name in ("1", "2", "3", "07")]
FOLDS = Folds(2, ({"1": 1, "2": 2, "3": 1, "07": 2}, {"1": 2, "2": 2, "3": 1, "07": 1}))


def problems(tmp_path: Path, rows: str) -> str:
    (tmp_path / "folds.csv").write_text("repeat,fold,patient,group,frames\n" + rows)
    with pytest.raises(InvalidCohortError) as caught:
        read_folds(tmp_path / "folds.csv", PATIENTS)
    return str(caught.value)


def test_folds_read_back(tmp_path: Path) -> None:
    write_folds(tmp_path / "folds.csv", FOLDS, PATIENTS)
    assert read_folds(tmp_path / "folds.csv", PATIENTS) == FOLDS
    assert FOLDS.test_patients(2, 1) == {"3", "07"}


def test_missing_or_foreign_files_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FoldError, match="No folds at"):
        read_folds(tmp_path / "folds.csv", PATIENTS)
    (tmp_path / "folds.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FoldError, match="lacks the columns repeat.*A folds.csv of an earlier"):
        read_folds(tmp_path / "folds.csv", PATIENTS)


def test_a_patient_in_two_folds_in_none_or_unknown_is_refused(tmp_path: Path) -> None:
    told = problems(tmp_path, "1,1,1,,\n1,2,1,,\n1,2,2,,\n1,x,3,,\n1,1,99,,\n1,1,07,,\n")
    assert "line 3: patient '1' is in repeat 1 already" in told
    assert "line 5: repeat and fold must be whole numbers from 1" in told
    assert "line 6: patient '99' has no labelled frames here" in told
    assert "repeat 1: patient '3' is in no fold" in told


def test_an_empty_fold_or_a_missing_repeat_is_refused(tmp_path: Path) -> None:
    rows = "".join(
        f"1,{fold},{p.patient},,\n" for p, fold in zip(PATIENTS, (1, 3, 3, 1), strict=True)
    )
    assert "fold 2 has no patients" in problems(tmp_path, rows)
    second = rows.replace("1,1,", "2,1,").replace("1,3,", "2,2,")
    assert "expected repeats 1, 2" in problems(tmp_path, second)
