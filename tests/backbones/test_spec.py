from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.backbones import (
    BackboneSpec,
    Layer,
    backbone_names,
    get_backbone,
    pooled_layers,
    registry,
    with_levels,
)
from lusscore.cohort.extraction import POOLINGS, STRIDES
from lusscore.errors import BackboneError
from staged_backbone import STAGED


def test_every_spec_survives_pickling() -> None:
    for name in backbone_names():
        spec = get_backbone(name)
        assert pickle.loads(pickle.dumps(spec)) == spec


EVERY = tuple(f"{stride}.{pooling}" for stride in STRIDES for pooling in POOLINGS)
LITE0 = get_backbone("efficientnet_lite0")
NAMES = [f"{stride}.{pooling}" for stride, _ in LITE0.maps for pooling in POOLINGS]


def test_a_backbone_without_levels_gives_the_mean_of_one_map() -> None:
    assert pooled_layers(LITE0) == (Layer("embedding", "embedding", "mean", 0, 1280),)


def test_levels_name_their_map_by_its_stride() -> None:
    spec = with_levels(LITE0, ["32.std", "16.top"])
    assert pooled_layers(spec)[1:] == (
        Layer("16.top", "16", "top", 1280, 1952),
        Layer("32.std", "32", "std", 1952, 3232),
    )


@given(names=st.lists(st.sampled_from(NAMES), unique=True))
def test_parts_cover_every_column_once_and_in_order(names: list[str]) -> None:
    spec = with_levels(LITE0, names)
    parts = pooled_layers(spec)
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    assert parts[-1].stop == spec.width
    assert [part.name for part in parts] == ["embedding", *spec.levels]


def test_the_order_in_which_levels_are_named_does_not_matter(lite0: BackboneSpec) -> None:
    one, other = ("8.top", "32.max", "16.mean"), ("16.mean", "8.top", "32.max")
    assert with_levels(lite0, one) == with_levels(lite0, other)
    assert with_levels(lite0, ()) == lite0


def test_every_registered_network_has_every_level() -> None:
    for spec in registry.registered_backbones().values():
        if spec.family in ("bundled", "keras"):
            assert with_levels(spec, EVERY).width > spec.embedding_size


def test_a_level_that_a_network_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(BackboneError, match=r"staged has no feature map for the level 32.mean; "
                       r"its strides are 16, 8, 4"):  # fmt: skip
        with_levels(STAGED, ["16.max", "32.mean"])
    with pytest.raises(BackboneError, match="feature maps are not known. Give them as maps"):
        with_levels(replace(STAGED, maps=()), ["16.max"])


def test_an_onnx_file_has_no_levels(save_onnx: Callable[..., Path]) -> None:
    path = save_onnx()
    with pytest.raises(BackboneError, match=r"The ONNX file .*net\.onnx has no level 32\.max"):
        with_levels(get_backbone(str(path)), ["32.max"])
