from __future__ import annotations

from pathlib import Path

import pytest

from lusscore.cohort.card import Card
from lusscore.cohort.cohort import write_cohort
from lusscore.cohort.phantom.target import check_target
from lusscore.errors import CohortError


def make_cohort(folder: Path, *, synthetic: bool) -> None:
    write_cohort(folder, Card("c", "lus-12", "unknown", synthetic=synthetic), [])


def test_a_new_and_an_empty_folder_are_fine(tmp_path: Path) -> None:
    check_target(tmp_path / "new", overwrite=False)
    check_target(tmp_path, overwrite=False)


def test_a_synthetic_cohort_is_replaced_only_where_allowed(tmp_path: Path) -> None:
    make_cohort(tmp_path / "c", synthetic=True)
    with pytest.raises(CohortError, match="already holds a synthetic cohort"):
        check_target(tmp_path / "c", overwrite=False)
    check_target(tmp_path / "c", overwrite=True)


@pytest.mark.parametrize("overwrite", [True, False])
def test_real_data_is_never_replaced(tmp_path: Path, overwrite: bool) -> None:
    make_cohort(tmp_path / "c", synthetic=False)
    with pytest.raises(CohortError, match="not synthetic and is never overwritten"):
        check_target(tmp_path / "c", overwrite)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CohortError, match="is not a cohort"):
        check_target(tmp_path / "d", overwrite)
    with pytest.raises(CohortError, match="is not a cohort"):
        check_target(tmp_path / "d" / "notes.txt", overwrite)
