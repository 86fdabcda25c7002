"""Finding the feature maps inside an OpenVINO graph that its output is pooled from."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.pooled_parts import Part
from lusscore.cohort.embedding_levels import BANDS

# they move or rename values that are pooled, or take the root of a variance
_BEHIND_POOLING = ("Reshape", "Squeeze", "Unsqueeze", "Convert", "Transpose", "Power", "Sqrt")
_POOLING = ("ReduceMean", "ReduceMax")
_DIFFERENCE = ("Subtract", "SquaredDifference")
_SLICES = ("StridedSlice", "Slice", "VariadicSplit", "Split")


class _Place(NamedTuple):
    """A four-axis tensor inside a graph, and which of its axes is which."""

    port: Any
    rows: int
    columns: int
    channels: int


def find_maps(graph: Any, parts: tuple[Part, ...]) -> dict[str, Any]:
    """Walk back from the output to the map of each part.

    What is found is where the map should be; that the part is indeed its pooling is for the
    caller to verify on an image.

    Parameters
    ----------
    graph
        An ``openvino.Model`` for one image, from
        :func:`lusscore.backbones.engines.stored_network.read_network`. What it computes from
        constants alone is replaced by the result.
    parts
        Of its output.

    Returns
    -------
    dict of str to openvino.Output
        By :attr:`Part.map`: float32, (1, rows, columns, channels). A map that is not found is
        left out. Two names of one map have one output.
    """
    # axes may be computed from shapes, which are fixed by now
    passes = import_module("openvino.passes")
    folding = passes.Manager()
    folding.register_pass(passes.ConstantFolding())
    folding.run_passes(graph)
    outputs: dict[_Place, Any] = {}
    found: dict[str, Any] = {}
    for part, port in zip(parts, _part_ports(graph, len(parts)), strict=False):
        place = _map_behind(port, part.pooling)
        if place is None or part.map in found:
            continue
        if place not in outputs:
            outputs[place] = _channels_last(place)
        found[part.map] = outputs[place]
    return found


def _part_ports(graph: Any, count: int) -> list[Any]:
    """Return the values of each part before they are joined; empty where they are not found."""
    port = graph.outputs[0].node.input_value(0)
    if count == 1:
        return [port]
    node = _walk(port, _BEHIND_POOLING).get_node()
    ports = [node.input_value(index) for index in range(len(node.inputs()))]
    return ports if node.get_type_name() == "Concat" and len(ports) == count else []


def _walk(port: Any, kinds: tuple[str, ...]) -> Any:
    """Go back through layers of these kinds, each to its first input."""
    while port.get_node().get_type_name() in kinds:
        port = port.get_node().input_value(0)
    return port


def _map_behind(port: Any, pooling: str) -> _Place | None:
    """Return the map that values are pooled from."""
    node = _walk(port, _BEHIND_POOLING).get_node()
    if node.get_type_name() not in _POOLING:
        return None
    port, axes = node.input_value(0), _numbers(node.input_value(1))
    shape = port.get_partial_shape()
    if shape.is_dynamic or len(shape) != 4 or axes is None or len(axes) != 2:
        return None
    rows, columns = sorted(axis % 4 for axis in axes)
    if rows == 0 or rows == columns:
        return None
    if pooling == "std":
        port = _walk(port, ("Multiply", "Power"))
        if port.get_node().get_type_name() not in _DIFFERENCE:
            return None
        port = port.get_node().input_value(0)
    return _unmoved(_Place(port, rows, columns, 6 - rows - columns), sliced=pooling in BANDS)


def _unmoved(place: _Place, *, sliced: bool) -> _Place:
    """Go back to where the map was made, through what moves its axes or, for bands, cuts it."""
    while True:
        node = place.port.get_node()
        kind = node.get_type_name()
        if kind == "Transpose":
            order = _numbers(node.input_value(1))
            if order is None:
                return place
            place = _Place(node.input_value(0), *(order[axis] for axis in place[1:]))
        elif sliced and kind in _SLICES:
            place, sliced = place._replace(port=node.input_value(0)), False
        else:
            return place


def _numbers(port: Any) -> list[int] | None:
    """Return the whole numbers of a constant; None for what is computed."""
    node = port.get_node()
    if node.get_type_name() != "Constant":
        return None
    return [int(number) for number in node.get_data().reshape(-1)]


def _channels_last(place: _Place) -> Any:
    """Add what turns a map to (1, rows, columns, channels) in float32."""
    openvino = import_openvino()
    ops = openvino.opset13
    port, order = place.port, [0, *place[1:]]
    if order != [0, 1, 2, 3]:
        port = ops.transpose(port, ops.constant(order, openvino.Type.i64)).output(0)
    if port.get_element_type() != openvino.Type.f32:
        port = ops.convert(port, "f32").output(0)
    return port
