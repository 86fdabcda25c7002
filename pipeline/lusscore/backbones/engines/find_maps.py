"""The feature maps inside an OpenVINO graph that its output is pooled from.

They are found by walking back from the output when a network is stored, and named in it. Networks
that were stored without names are walked when they are read.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple
from xml.etree import ElementTree

from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.pooled_parts import Part
from lusscore.cohort import BANDS

# they move or rename values that are pooled, or take the root of a variance
_BEHIND_POOLING = ("Reshape", "Squeeze", "Unsqueeze", "Convert", "Transpose", "Power", "Sqrt")
# what the name of a map begins with, before its own name and its axes
_PREFIX = "map"
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
    """Return the map of each part.

    What is named or found is where the map should be; that the part is indeed its pooling is for
    the caller to verify on an image.

    Parameters
    ----------
    graph
        An ``openvino.Model`` for one image, from
        :func:`lusscore.backbones.engines.stored_network.read_network`.
    parts
        Of its output.

    Returns
    -------
    dict of str to openvino.Output
        By :attr:`Part.map`: float32, (1, rows, columns, channels). A map that is not found is
        left out. Two names of one map have one output.
    """
    found = _named(graph) or _walked(graph, parts)
    # two names may stand for one map
    outputs = {place: _channels_last(place) for place in dict.fromkeys(found.values())}
    return {name: outputs[place] for name, place in found.items()}


def name_maps(xml: bytes, graph: Any, parts: tuple[Part, ...]) -> bytes:
    """Name the maps in a network that is stored.

    Parameters
    ----------
    xml
        Of the network, its layers being named by their numbers.
    graph
        What was read from it, for one image.
    parts
        Of its output.
    """
    net = ElementTree.fromstring(xml)
    layers = {layer.get("name"): layer for layer in net.iter("layer")}
    for name, (port, *axes) in _walked(graph, parts).items():
        ports = layers[port.get_node().get_friendly_name()].findall("output/port")
        told = ".".join(map(str, (_PREFIX, name, *axes)))
        there = ports[port.get_index()].get("names")
        ports[port.get_index()].set("names", f"{there},{told}" if there else told)
    text: bytes = ElementTree.tostring(net, encoding="utf-8", xml_declaration=True)
    return text


def _named(graph: Any) -> dict[str, _Place]:
    """Return the maps that names tell; whether they are maps is for the caller to verify."""
    places: dict[str, _Place] = {}
    for node in graph.get_ops():
        for port in node.outputs():
            for told in port.get_names():
                prefix, *rest = told.split(".")
                shape = port.get_partial_shape()
                if prefix != _PREFIX or len(rest) != 4 or shape.is_dynamic or len(shape) != 4:
                    continue
                axes = [int(axis) for axis in rest[1:] if axis in ("1", "2", "3")]
                if sorted(axes) == [1, 2, 3]:
                    places[rest[0]] = _Place(port, *axes)
    return places


def _walked(graph: Any, parts: tuple[Part, ...]) -> dict[str, _Place]:
    """Walk back from the output to the map of each part; a map that is not found is left out."""
    # axes may be computed from shapes, which are fixed by now
    passes = import_module("openvino.passes")
    folding = passes.Manager()
    folding.register_pass(passes.ConstantFolding())
    folding.run_passes(graph)
    found: dict[str, _Place] = {}
    for part, port in zip(parts, _part_ports(graph, len(parts)), strict=False):
        place = _map_behind(port, part.pooling)
        if place is not None:
            found.setdefault(part.map, place)
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
