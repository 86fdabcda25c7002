import pytest

from lusscore.cohort.embedding_levels import POOLINGS, STRIDES, Level, check_levels

ALL = tuple(f"{stride}.{pooling}" for stride in STRIDES for pooling in POOLINGS)


def test_every_stride_goes_with_every_pooling() -> None:
    assert check_levels(ALL) == ""
    assert Level.parse("16.top") == Level(16, "top")


@pytest.mark.parametrize(
    "name", ["", "16", "16.", ".mean", "mean.16", "2.mean", "16.median", "16.mean.max", "016.mean"]
)
def test_a_bad_name_is_told_with_all_that_is_allowed(name: str) -> None:
    told = check_levels(("32.max", name))
    assert repr(name) in told
    assert "32, 16, 8, 4" in told
    assert "mean, max, top, middle, bottom, std" in told


def test_a_level_that_is_named_twice_is_refused() -> None:
    assert "'8.std' twice" in check_levels(("8.std", "4.max", "8.std"))
