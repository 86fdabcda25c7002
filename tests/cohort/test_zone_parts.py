import pytest

from lusscore.cohort.protocols import get_protocol
from lusscore.cohort.zone_names import contradicts, zone_part


@pytest.mark.parametrize(
    ("word", "part"),
    [
        *(("r", "right"), ("lt", "left"), ("l", "left"), ("ant", "anterior"), ("lat", "lateral")),
        *(("post", "posterior"), ("upper", "superior"), ("mid", "middle"), ("inf", "inferior")),
        *(("lung", ""), ("deep", ""), ("", ""), ("2", ""), ("r2", ""), ("right left", "")),
    ],
)
def test_a_word_means_one_part_or_none(word: str, part: str) -> None:
    assert zone_part(word) == part


def test_only_another_part_contradicts() -> None:
    grid, blue = get_protocol("lus-12"), get_protocol("blue-6")
    assert contradicts("Left", "R-ant-sup", grid)
    assert contradicts("L", "R-ant-sup", grid)
    assert contradicts("inferior", "R-ant-sup", grid)
    assert not contradicts("p", "R-ant-sup", grid)
    assert not contradicts("anterior", "R-ant-sup", grid)
    assert contradicts("left", "R1", blue)
    assert not contradicts("lateral", "R1", blue)
