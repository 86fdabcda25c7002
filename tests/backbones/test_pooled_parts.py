from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lusscore.backbones import Part, get_backbone, pooled_parts, with_levels
from lusscore.cohort.extraction import POOLINGS

LITE0 = get_backbone("efficientnet_lite0")
NAMES = [f"{stride}.{pooling}" for stride, _ in LITE0.maps for pooling in POOLINGS]


def test_a_backbone_without_levels_gives_the_mean_of_one_map() -> None:
    assert pooled_parts(LITE0) == (Part("embedding", "embedding", "mean", 0, 1280),)


def test_levels_name_their_map_by_its_stride() -> None:
    spec = with_levels(LITE0, ["32.std", "16.top"])
    assert pooled_parts(spec)[1:] == (
        Part("16.top", "16", "top", 1280, 1952),
        Part("32.std", "32", "std", 1952, 3232),
    )


@given(names=st.lists(st.sampled_from(NAMES), unique=True))
def test_parts_cover_every_column_once_and_in_order(names: list[str]) -> None:
    spec = with_levels(LITE0, names)
    parts = pooled_parts(spec)
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    assert parts[-1].stop == spec.width
    assert [part.name for part in parts] == ["embedding", *spec.levels]
