from __future__ import annotations

from pathlib import Path

import pytest

from lusscore.cohort.card import Card
from lusscore.cohort.cohort import write_cohort
from lusscore.cohort.phantom.target import check_target, complete_or_nothing
from lusscore.errors import CohortError


def make_cohort(folder: Path, *, synthetic: bool) -> None:
    write_cohort(folder, Card("c", "lus-12", "unknown", synthetic=synthetic), [])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


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


def test_the_folder_appears_when_the_block_succeeds(tmp_path: Path) -> None:
    target = tmp_path / "data" / "c"
    with complete_or_nothing(target) as fresh:
        (fresh / "a").write_text("new", encoding="utf-8")
        assert not target.exists()
    assert names(target) == {"a"}
    assert names(tmp_path / "data") == {"c"}


def test_the_old_folder_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "c"
    target.mkdir()
    (target / "old").write_text("old", encoding="utf-8")
    with complete_or_nothing(target) as fresh:
        (fresh / "new").write_text("new", encoding="utf-8")
        assert names(target) == {"old"}
    assert names(target) == {"new"}
    assert names(tmp_path) == {"c"}


def test_the_old_folder_stays_when_the_block_fails(tmp_path: Path) -> None:
    target = tmp_path / "c"
    target.mkdir()
    (target / "old").write_text("old", encoding="utf-8")

    def interrupted() -> None:
        with complete_or_nothing(target) as fresh:
            (fresh / "new").write_text("new", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names(target) == {"old"}
    assert names(tmp_path) == {"c"}
