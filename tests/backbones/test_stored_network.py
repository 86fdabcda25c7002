from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lusscore.backbones import BackboneSpec, Layer
from lusscore.backbones.libraries import import_openvino
from lusscore.backbones.stored_network import find_maps, read_network
from lusscore.errors import EngineError

IrOf = Callable[..., tuple[bytes, bytes]]
CORE = import_openvino().Core()
OPS = import_openvino().opset13
U8, F32 = import_openvino().Type.u8, import_openvino().Type.f32


def frames_of(shape: list[int], kind: Any = U8) -> Any:
    return OPS.parameter(shape, kind, name="frames")


def mean_of(frames: Any) -> Any:
    """Mean over pixels, of what has four axes."""
    return OPS.reduce_mean(OPS.convert(frames, "f32"), OPS.constant(np.array([1, 2])), False)


@pytest.fixture
def good(ir_of: IrOf) -> tuple[bytes, bytes]:
    """A network of the spec ``made``, with an array."""
    frames = frames_of([-1, 8, 12, 3])
    weights = np.arange(9, dtype=np.float32).reshape(3, 3)
    return ir_of([OPS.matmul(mean_of(frames), OPS.constant(weights), False, False)], [frames])


def refused(spec: BackboneSpec, xml: bytes, arrays: bytes, reason: str) -> None:
    with pytest.raises(EngineError, match=reason) as caught:
        read_network(CORE, spec, xml, arrays)
    message = str(caught.value)
    assert message.startswith("The stored network of made ")
    assert message.endswith("; use another, or make it anew from its weights.")
    assert "\n" not in message


def test_a_network_is_read_for_one_image(made: BackboneSpec, good: tuple[bytes, bytes]) -> None:
    graph = read_network(CORE, made, *good)
    assert graph.inputs[0].get_partial_shape().to_string() == "[1,8,12,3]"
    assert graph.outputs[0].get_partial_shape().to_string() == "[1,3]"


Bytes = tuple[bytes, bytes]
UNREADABLE = "is not one that this version of OpenVINO can read"
OUTSIDE = "refers to something outside its .xml"
SYSTEM = b'<!DOCTYPE net SYSTEM "file:///etc/passwd">'
ENTITIES = b'<!DOCTYPE net [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
NOTES = b'<rt_info><__weights_path value="/etc/passwd"/></rt_info>'


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"<?xml", b"hello", "is not XML"),
        (b"</net>", b"", "is not XML"),
        (b"<net", b"<\0net", OUTSIDE),
        (b"<net", SYSTEM + b"<net", OUTSIDE),
        (b"<net", ENTITIES + b"<net", OUTSIDE),
        (b"<net", b'<?xml-stylesheet href="other.xsl"?><net', OUTSIDE),
        (b"</net>", NOTES + b"</net>", "carries notes"),
        (b'type="MatMul"', b'type="Launch"', UNREADABLE),
        (b"</net>", b"</net>" + b" " * (32 << 20), "absurdly large"),
    ],
)
def test_an_altered_xml_is_refused(
    old: bytes, new: bytes, reason: str, made: BackboneSpec, good: Bytes
) -> None:
    assert old in good[0]
    refused(made, good[0].replace(old, new, 1), good[1], reason)


def test_other_xml_and_other_arrays_are_refused(made: BackboneSpec, good: Bytes) -> None:
    for xml in (b"", b"\x08\x07\x12\x04onnx"):
        refused(made, xml, good[1], "is not XML")
    refused(made, b"<page/>", b"", "is not in OpenVINO's format")
    refused(made, b"<net/>", b"", UNREADABLE)
    refused(made, good[0], good[1][:-8], UNREADABLE)
    refused(made, good[0], good[1] + bytes(17 << 20), "absurdly large")


def test_the_path_of_a_network_is_not_followed(
    made: BackboneSpec, good: Bytes, tmp_path: Path
) -> None:
    file = tmp_path / "made.xml"
    assert file.is_file()
    refused(made, str(file).encode(), good[1], "is not XML")


def sampled(frames: Any) -> Any:
    """Values that are others each time."""
    shape, low, high = (OPS.constant(np.array(value)) for value in ([1, 3], 0.0, 1.0))
    noise = OPS.convert(OPS.random_uniform(shape, low, high, "f64", 0, 0), "f32")
    return OPS.add(mean_of(frames), noise)


def grown(frames: Any) -> Any:
    """The mean of an array that grows beyond measure inside."""
    large = OPS.tile(OPS.convert(frames, "f32"), OPS.constant(np.array([1, 5000, 5000, 1])))
    return OPS.reduce_mean(large, OPS.constant(np.array([1, 2])), False)


USUAL = [-1, 8, 12, 3]


@pytest.mark.parametrize(
    ("shape", "kind", "output", "reason"),
    [
        (
            [-1, 9, 12, 3],
            U8,
            mean_of,
            r"takes u8 of shape \[\?,9,12,3\], expected u8 of shape \[\?,8,12,3\]",
        ),
        ([-1, 8, 12, 1], U8, mean_of, "takes u8 of shape"),
        (USUAL, F32, mean_of, "takes f32 of shape"),
        (
            [8, 12, 3],
            U8,
            lambda frames: OPS.reduce_mean(
                OPS.convert(frames, "f32"), OPS.constant(np.array([0])), False
            ),
            r"takes u8 of shape \[8,12,3\]",
        ),
        (USUAL, U8, lambda frames: OPS.convert(mean_of(frames), "i32"), "gives i32 of shape"),
        (USUAL, U8, lambda frames: OPS.convert(frames, "f32"), r"shape \[1,8,12,3\]"),
        (USUAL, U8, sampled, "has a layer RandomUniform"),
        (USUAL, U8, grown, "too large for"),
    ],
)
def test_a_network_that_takes_gives_or_does_something_else_is_refused(
    shape: list[int],
    kind: Any,
    output: Callable[[Any], Any],
    reason: str,
    made: BackboneSpec,
    ir_of: IrOf,
) -> None:
    frames = frames_of(shape, kind)
    refused(made, *ir_of([output(frames)], [frames]), reason)


def test_other_numbers_of_inputs_outputs_and_columns_are_refused(
    made: BackboneSpec, good: Bytes, ir_of: IrOf
) -> None:
    frames, more = frames_of(USUAL), OPS.parameter([1, 3], F32, name="more")
    mean = mean_of(frames)
    refused(made, *ir_of([OPS.add(mean, more)], [frames, more]), "has 2 inputs and 1 outputs")
    refused(made, *ir_of([mean, OPS.relu(mean)], [frames]), "has 1 inputs and 2 outputs")
    wider = replace(made, embedding_size=4)
    refused(wider, *good, r"gives f32 of shape \[1,3\] for an image, expected f32 of shape \[1,4\]")


def test_altered_bytes_end_in_one_sentence_or_in_a_network(
    made: BackboneSpec, good: tuple[bytes, bytes]
) -> None:
    numbers = random.Random(5)
    spots = [match.span() for match in re.finditer(rb'(?<=")[^"]+(?=")', good[0])]
    refusals = 0
    for _ in range(300):
        start, stop = numbers.choice(spots)
        value = numbers.choice([b"", b"-1", b"0", b"7", b"99999999999999999999", b"?", b"f64"])
        with suppress(EngineError):
            read_network(CORE, made, good[0][:start] + value + good[0][stop:], good[1])
            refusals -= 1
        refusals += 1
    assert refusals > 150


OPENVINO = import_openvino()
OPS = OPENVINO.opset13
SPATIAL = {"NHWC": [1, 2], "NCHW": [2, 3], "backwards": [-2, -1]}


def whole(pooling: str = "mean") -> Layer:
    return Layer("embedding", "embedding", pooling, 0, 5)


def numbers(values: list[int]) -> Any:
    return OPS.constant(np.array(values))


def shapes(output: Any, frames: Any, *parts: Layer) -> dict[str, list[int]]:
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
    found = find_maps(graph, (whole(), Layer("32.max", "32", "max", 5, 10)))
    assert found["embedding"] is found["32"]


def test_a_graph_joined_of_other_parts_has_no_maps(frames: Any) -> None:
    mean = OPS.reduce_mean(frames, numbers([1, 2]), False)
    joined = OPS.concat([mean, mean, mean], 1)
    assert shapes(joined, frames, whole(), Layer("32.max", "32", "max", 5, 10)) == {}
