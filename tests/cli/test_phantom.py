from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from lusscore.cohort import read_cohort


def test_a_phantom_is_made_and_not_replaced_unasked(lusscore: Callable[..., Result]) -> None:
    command = ("phantom", "--patients", 2, "--frames", 2, "--size", 96, "--name", "small")
    result = lusscore(*command)
    assert result.exit_code == 0
    assert "2 synthetic patients, 24 clips. Next: lusscore features small" in result.output
    cohort = read_cohort(Path("data/small"))
    assert cohort.card.synthetic
    assert "SYNTHETIC" in cohort.card.description.upper()
    again = lusscore(*command)
    assert again.exit_code == 2
    assert lusscore(*command, "--overwrite").exit_code == 0


def test_a_setting_out_of_range_is_a_sentence(lusscore: Callable[..., Result]) -> None:
    result = lusscore("phantom", "--patients", 0)
    assert result.exit_code == 2
    assert "expected a whole number from 1 to 999" in result.output
    assert not Path("data").exists()
