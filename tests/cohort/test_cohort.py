from collections.abc import Callable
from pathlib import Path

import pytest

from lusscore.cohort import Cohort, read_cohort
from lusscore.errors import CohortError


def test_a_cohort_reads_back(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(2)
    assert read_cohort(cohort.folder) == cohort
    assert cohort.clips() == tuple(f"clips/p{p}_{z}.mp4" for p in (0, 1) for z in ("R1", "L1"))
    assert cohort.clip_path(cohort.clips()[0]).is_file()


def test_a_folder_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"gone: there is no cohort; expected a folder with"):
        read_cohort(tmp_path / "gone")
