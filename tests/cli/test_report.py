from pathlib import Path

import pytest

from cohort_maker import Lusscore, MakeCohort


@pytest.mark.slow
def test_a_report_is_made_again_from_the_files_of_a_run(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    make_cohort(8)
    lusscore("features", "tiny", "-b", tiny_backbone)
    lusscore("cv", "tiny", "-b", tiny_backbone, "--run", "a")
    report = Path("results/tiny/a/report.html")
    before = report.read_bytes()
    report.unlink()
    result = lusscore("report", "results/tiny/a")
    assert result.exit_code == 0
    assert str(report) in result.output
    assert report.read_bytes() == before


def test_a_folder_that_is_no_run_is_a_sentence(lusscore: Lusscore) -> None:
    Path("photos").mkdir()
    result = lusscore("report", "photos")
    assert result.exit_code == 2
    assert "config.toml is missing" in result.output
