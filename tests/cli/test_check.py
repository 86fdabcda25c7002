import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from lusscore.cohort import Cohort


def test_a_valid_cohort_is_summed_up(
    lusscore: Callable[..., Result], make_cohort: Callable[..., Cohort]
) -> None:
    make_cohort(4)
    told = json.loads(lusscore("check", "tiny", "--json").output)
    assert (told["patients"], told["exams"], told["clips"], told["spans"]) == (4, 4, 8, 8)
    assert told["spans_per_score"] == {"0": 2, "1": 2, "2": 2, "3": 2}
    assert told["patients_per_group"] == {"covid": 2, "healthy": 2}
    assert "card and manifest are valid" in lusscore("check", "tiny").output


def test_everything_wrong_is_told_at_once_with_exit_code_2(
    lusscore: Callable[..., Result], make_cohort: Callable[..., Cohort]
) -> None:
    make_cohort(2)
    manifest = Path("data/tiny/manifest.csv")
    manifest.write_text(manifest.read_text().replace(",R1,0", ",R7,9").replace("L1.mp4", "L2.mp4"))
    result = lusscore("check", "tiny")
    assert result.exit_code == 2
    for told in ("line 2, column zone: 'R7'", "line 2, column score: '9'", "line 3, column clip"):
        assert told in result.output


def test_a_folder_under_another_name_is_refused(
    lusscore: Callable[..., Result], make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    make_cohort(1, folder=tmp_path / "data" / "other")
    result = lusscore("check", "other")
    assert result.exit_code == 2
    assert "names the cohort 'tiny' but its folder is 'other'" in result.output
