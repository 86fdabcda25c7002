from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lusscore.backbones import Part
from lusscore.backbones.engines.find_maps import find_maps
from lusscore.backbones.openvino_runtime import import_openvino

OPENVINO = import_openvino()
OPS = OPENVINO.opset13
SPATIAL = {"NHWC": [1, 2], "NCHW": [2, 3], "backwards": [-2, -1]}


def whole(pooling: str = "mean") -> Part:
    return Part("embedding", "embedding", pooling, 0, 5)


def numbers(values: list[int]) -> Any:
    return OPS.constant(np.array(values))


def shapes(output: Any, frames: Any, *parts: Part) -> dict[str, list[int]]:
    graph = OPENVINO.Model([output], [frames], "made")
    return {name: list(port.shape) for name, port in find_maps(graph, parts).items()}


@pytest.fixture
def frames() -> Any:
    return OPS.parameter([1, 4, 6, 5], OPENVINO.Type.f32)


@pytest.mark.parametrize("layout", SPATIAL)
@pytest.mark.parametrize("kept", [True, False])
def test_the_map_behind_a_mean_has_channels_last(frames: Any, layout: str, kept: bool) -> None:
    feature_map = OPS.relu(frames)
    if layout != "NHWC":
        feature_map = OPS.relu(OPS.transpose(feature_map, numbers([0, 3, 1, 2])))
    output = OPS.reduce_mean(feature_map, numbers(SPATIAL[layout]), kept)
    if kept:
        output = OPS.reshape(output, numbers([1, 5]), False)
    assert shapes(output, frames, whole()) == {"embedding": [1, 4, 6, 5]}


@pytest.mark.parametrize("ending", ["dense", "normal", "attention", "one axis", "no pooling"])
def test_an_output_that_is_no_pooled_map_has_none(frames: Any, ending: str) -> None:
    mean = OPS.reduce_mean(frames, numbers([1, 2]), False)
    weights = OPS.constant(np.ones((5, 5), np.float32))
    tokens = OPS.reshape(frames, numbers([1, 24, 5]), False)
    output = {
        "dense": lambda: OPS.matmul(mean, weights, False, False),
        "normal": lambda: OPS.mvn(mean, numbers([1]), True, 1e-3, "inside_sqrt"),
        "attention": lambda: OPS.reduce_sum(
            OPS.multiply(tokens, OPS.softmax(tokens, 1)), numbers([1]), False
        ),
        "one axis": lambda: OPS.reduce_mean(tokens, numbers([1]), False),
        "no pooling": lambda: OPS.reshape(frames, numbers([1, 120]), False),
    }[ending]()
    assert shapes(output, frames, whole()) == {}


def test_the_map_behind_a_band_is_the_uncut_one(frames: Any) -> None:
    band = OPS.slice(frames, numbers([0]), numbers([2]), numbers([1]), numbers([1]))
    output = OPS.reduce_mean(band, numbers([1, 2]), False)
    assert shapes(output, frames, whole("top")) == {"embedding": [1, 4, 6, 5]}
    # elsewhere a cut is the network's own
    assert shapes(output, frames, whole("mean")) == {"embedding": [1, 2, 6, 5]}


def test_a_map_of_two_names_is_given_once(frames: Any) -> None:
    feature_map = OPS.relu(frames)
    outputs = [
        OPS.reduce_mean(feature_map, numbers([1, 2]), False),
        OPS.reduce_max(feature_map, numbers([1, 2]), False),
    ]
    graph = OPENVINO.Model([OPS.concat(outputs, 1)], [frames], "made")
    found = find_maps(graph, (whole(), Part("32.max", "32", "max", 5, 10)))
    assert found["embedding"] is found["32"]


def test_a_graph_joined_of_other_parts_has_no_maps(frames: Any) -> None:
    mean = OPS.reduce_mean(frames, numbers([1, 2]), False)
    joined = OPS.concat([mean, mean, mean], 1)
    assert shapes(joined, frames, whole(), Part("32.max", "32", "max", 5, 10)) == {}
