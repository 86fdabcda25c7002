from pathlib import Path

from cohort_maker import Lusscore
from lusscore.cohort import read_cohort


def test_a_phantom_is_made_and_not_replaced_unasked(lusscore: Lusscore) -> None:
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


def test_a_setting_out_of_range_is_a_sentence(lusscore: Lusscore) -> None:
    result = lusscore("phantom", "--patients", 0)
    assert result.exit_code == 2
    assert "expected a whole number from 1 to 999" in result.output
    assert not Path("data").exists()


def test_levels_and_variants_come_on_the_card(lusscore: Lusscore) -> None:
    small = ("phantom", "--patients", 1, "--frames", 2, "--size", 96)
    wrong = lusscore(*small, "--levels", "16.left")
    assert wrong.exit_code == 2
    assert "16.left" in wrong.output
    assert not Path("data").exists()
    made = lusscore(*small, "--levels", "16.top", "--levels", "8.std", "--variants", 1)
    assert made.exit_code == 0, made.output
    extraction = read_cohort(Path("data/phantom")).card.extraction
    assert (extraction.levels, extraction.variants) == (("16.top", "8.std"), 1)
    assert str(extraction.frames) == "per-clip:4"
