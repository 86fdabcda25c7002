import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lusscore.cohort.folds import Folds, PatientFrames, read_folds, write_folds
from lusscore.cohort.left_out import LeftOut
from lusscore.errors import InvalidCohortError

PATIENTS = [PatientFrames(name, "covid", (5, 1, 0, 2)) for name in ("1", "2", "3", "07")]
DIVISION = {"1": 1, "2": 2, "3": 1, "07": 2}


def read(tmp_path: Path, *cells: str, repeats: int = 1) -> Folds:
    rows = [
        f"{repeat},{fold},{patient},,,{cell}"
        for repeat in range(1, repeats + 1)
        for (patient, fold), cell in zip(DIVISION.items(), cells, strict=True)
    ]
    text = "\n".join(["repeat,fold,patient,group,frames,left_out", *rows])
    (tmp_path / "folds.csv").write_text(text, encoding="utf-8")
    return read_folds(tmp_path / "folds.csv", PATIENTS)


def test_what_folds_leave_out_reads_back(tmp_path: Path) -> None:
    folds = Folds(2, (DIVISION,), LeftOut("device", ("Lumify, at: home", 'iQ "2"')))
    write_folds(tmp_path / "folds.csv", folds, PATIENTS)
    assert read_folds(tmp_path / "folds.csv", PATIENTS) == folds
    assert "device: Lumify, at: home" in (tmp_path / "folds.csv").read_text(encoding="utf-8")


def test_folds_that_leave_nothing_out_have_no_such_column(tmp_path: Path) -> None:
    write_folds(tmp_path / "folds.csv", Folds(2, (DIVISION,)), PATIENTS)
    assert "left_out" not in (tmp_path / "folds.csv").read_text(encoding="utf-8")
    assert read(tmp_path, "", "", "", "").left_out is None


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (("group: a", "group: b", "a", "group: b"), "line 4, column left_out: 'a' is not allowed"),
        (("group: a", "group: b", "", "group: b"), "line 4, column left_out: '' is not allowed"),
        (("zone: a", "zone: b", "zone: a", "zone: b"), "expected 'device: …' or 'group: …'"),
        (("group: ", "group: b", "group: ", "group: b"), "line 2, column left_out: 'group:'"),
        (
            ("group: a", "group: b", "group: c", "group: b"),
            "line 4, column left_out: fold 1 leaves out 'group: c' here and 'group: a' above",
        ),
        (("group: a", "group: a", "group: a", "group: a"), "something else left out by every fold"),
        (
            ("group: a", "device: b", "group: a", "device: b"),
            "expected devices alone or groups alone",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    tmp_path: Path, cells: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InvalidCohortError) as caught:
        read(tmp_path, *cells)
    assert told in str(caught.value)


def test_leaving_out_in_turn_is_done_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidCohortError, match="expected one repeat"):
        read(tmp_path, "group: a", "group: b", "group: a", "group: b", repeats=2)


CELLS = st.sampled_from(["device: ", "group: ", ""]).flatmap(
    lambda column: st.text('ab:, "\n', max_size=3).map(lambda value: column + value)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, min_size=4, max_size=4))
def test_whatever_stands_there_is_read_as_one_value_per_fold_or_refused(
    tmp_path: Path, cells: list[str]
) -> None:
    with (tmp_path / "folds.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("repeat", "fold", "patient", "left_out"))
        writer.writerows(
            (1, fold, patient, cell)
            for (patient, fold), cell in zip(DIVISION.items(), cells, strict=True)
        )
    try:
        left_out = read_folds(tmp_path / "folds.csv", PATIENTS).left_out
    except InvalidCohortError:
        return
    if left_out is None:
        assert not any(cell.strip() for cell in cells)
        return
    assert len(set(left_out.values)) == 2
    for fold, cell in zip(DIVISION.values(), cells, strict=True):
        assert left_out.of_fold(fold) == cell.strip()
