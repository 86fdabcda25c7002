from pathlib import Path

from bundle_maker import make_bundle
from cohort_maker import Lusscore
from lusscore.models import write_bundle


def test_a_bundle_that_is_not_there_is_told_in_a_sentence(lusscore: Lusscore) -> None:
    result = lusscore("serve", "--model", "nothing", "--no-open")
    assert result.exit_code == 2
    assert "'nothing': no bundle" in result.output


def test_another_bundle_than_expected_is_refused(lusscore: Lusscore, tmp_path: Path) -> None:
    write_bundle(make_bundle(tmp_path), tmp_path / "tiny")
    result = lusscore("serve", "--model", "tiny", "--expect", "0" * 64, "--no-open")
    assert result.exit_code == 2
    assert "0" * 12 in result.output


def test_limits_are_checked_before_anything_is_read(lusscore: Lusscore) -> None:
    for option, value in (("--port", 70_000), ("--max-upload", 0), ("--port", -1)):
        result = lusscore("serve", option, value)
        assert result.exit_code == 2
        assert option in result.output
