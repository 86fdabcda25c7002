"""Reading a network that somebody else may have written, and finding the maps inside it.

No code runs, and what is odd is refused: OpenVINO's format is a list of known layers and their
arrays. It names no program and no file, and nothing is read but the bytes that are given.

Maps are found by walking back from the output when a network is stored, and named in it. Networks
that were stored without names are walked when they are read.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any, NamedTuple
from xml.etree import ElementTree

from lusscore.backbones.libraries import import_openvino
from lusscore.backbones.spec import BackboneSpec, Layer
from lusscore.cohort import BANDS
from lusscore.errors import EngineError

_MOST_XML = 32 << 20
# what the arrays of a network may hold besides its parameters: axes, shapes, preprocessing
_MOST_OTHER = 16 << 20
# one array inside a network: 1 GiB in float32
_MOST_NUMBERS = 1 << 28
# they run for as long as they like, remember earlier frames, or differ from run to run
_REFUSED = ("If", "Loop", "TensorIterator", "Assign", "ReadValue", "RandomUniform", "Multinomial")
# they move or rename values that are pooled, or take the root of a variance
_BEHIND_POOLING = ("Reshape", "Squeeze", "Unsqueeze", "Convert", "Transpose", "Power", "Sqrt")
# what the name of a map begins with, before its own name and its axes
_PREFIX = "map"
_POOLING = ("ReduceMean", "ReduceMax")
_DIFFERENCE = ("Subtract", "SquaredDifference")
_SLICES = ("StridedSlice", "Slice", "VariadicSplit", "Split")


def read_network(core: Any, spec: BackboneSpec, xml: bytes, arrays: bytes) -> Any:
    """Read the ``.xml`` and the ``.bin`` of :func:`graph_bytes`, or bytes of any other origin.

    Returns
    -------
    openvino.Model
        Takes one uint8 image, (1, height, width, 3); gives float32, (1, ``spec.width``).

    Raises
    ------
    EngineError
        If it cannot be read, refers to anything outside, is larger than the backbone `spec` can
        be, holds layers that a backbone has no use for, or takes or gives something else.
    """
    _check_bytes(spec, xml, arrays)
    try:
        graph = core.read_model(bytes(xml), bytes(arrays))
    except RuntimeError:
        raise _odd(spec, "is not one that this version of OpenVINO can read") from None
    kinds = {node.get_type_name() for node in graph.get_ops()}
    for kind in _REFUSED:
        if kind in kinds:
            raise _odd(spec, f"has a layer {kind}, of which a backbone has no use")
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        counts = f"{len(graph.inputs)} inputs and {len(graph.outputs)} outputs"
        raise _odd(spec, f"has {counts}, expected one of each")
    _take_one_image(spec, graph)
    for node in graph.get_ops():
        for port in node.outputs():
            shape = port.get_partial_shape()
            if shape.is_static and math.prod(shape.to_shape()) > _MOST_NUMBERS:
                raise _odd(spec, f"holds an array of shape {shape}, too large for a backbone")
    return graph


def _check_bytes(spec: BackboneSpec, xml: bytes, arrays: bytes) -> None:
    """Refuse bytes for their size, or for an XML that is more than a list of layers."""
    most = 8 * spec.parameters + _MOST_OTHER
    if len(xml) > _MOST_XML or len(arrays) > most:
        raise _odd(
            spec,
            f"is absurdly large: {len(xml)} bytes of .xml and {len(arrays)} of .bin, expected at "
            f"most {_MOST_XML} and {most}",
        )
    # a document that declares entities can grow without end or name files
    if b"<!" in xml or b"\0" in xml or xml.count(b"<?") > 1:
        raise _odd(spec, "refers to something outside its .xml")
    try:
        net = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise _odd(spec, "is not XML") from None
    if net.tag != "net":
        raise _odd(spec, "is not in OpenVINO's format")
    # notes of other programs; with one of them OpenVINO looks for arrays elsewhere
    if net.find(".//rt_info") is not None:
        raise _odd(spec, "carries notes that lusscore never writes (rt_info)")


def _take_one_image(spec: BackboneSpec, graph: Any) -> None:
    """Fix the batch size at 1; refuse a network that takes or gives something else."""
    openvino = import_openvino()
    frames, output = graph.inputs[0], graph.outputs[0]
    shape = openvino.PartialShape([1, *spec.input_size, 3])
    given = frames.get_partial_shape()
    if frames.element_type != openvino.Type.u8 or not given.compatible(
        openvino.PartialShape([given[0] if given.rank.is_static and len(given) else 1, *shape[1:]])
    ):
        raise _odd(
            spec,
            f"takes {frames.element_type.get_type_name()} of shape {given}, expected u8 of shape "
            f"[?,{','.join(map(str, spec.input_size))},3]",
        )
    try:
        graph.reshape(shape)
    except RuntimeError:
        raise _odd(spec, f"cannot take one image at a time, but only {given[0]}") from None
    expected = openvino.PartialShape([1, spec.width])
    if output.element_type != openvino.Type.f32 or output.get_partial_shape() != expected:
        raise _odd(
            spec,
            f"gives {output.element_type.get_type_name()} of shape {output.get_partial_shape()} "
            f"for an image, expected f32 of shape {expected}",
        )


def _odd(spec: BackboneSpec, what: str) -> EngineError:
    return EngineError(
        f"The stored network of {spec.name} {what}; use another, or make it anew from its weights."
    )


class _Place(NamedTuple):
    """A four-axis tensor inside a graph, and which of its axes is which."""

    port: Any
    rows: int
    columns: int
    channels: int


def find_maps(graph: Any, layers: tuple[Layer, ...]) -> dict[str, Any]:
    """Return where the map of each layer should be, in a network for one image.

    That the layer is indeed its pooling is for the caller to verify on an image.

    Returns
    -------
    dict of str to openvino.Output
        By :attr:`Layer.map`: float32, (1, rows, columns, channels). A map that is not found is
        left out. Two names of one map have one output.
    """
    found = _named(graph) or _walked(graph, layers)
    # two names may stand for one map
    outputs = {place: _channels_last(place) for place in dict.fromkeys(found.values())}
    return {name: outputs[place] for name, place in found.items()}


def name_maps(xml: bytes, graph: Any, layers: tuple[Layer, ...]) -> bytes:
    """Name the maps in a network that is stored, whose layers are named by their numbers.

    `graph` is what was read from `xml`, for one image.
    """
    net = ElementTree.fromstring(xml)
    nodes = {node.get("name"): node for node in net.iter("layer")}
    for name, (port, *axes) in _walked(graph, layers).items():
        ports = nodes[port.get_node().get_friendly_name()].findall("output/port")
        named = ".".join(map(str, (_PREFIX, name, *axes)))
        there = ports[port.get_index()].get("names")
        ports[port.get_index()].set("names", f"{there},{named}" if there else named)
    text: bytes = ElementTree.tostring(net, encoding="utf-8", xml_declaration=True)
    return text


def _named(graph: Any) -> dict[str, _Place]:
    """Return the maps that are named; whether they are maps is for the caller to verify."""
    places: dict[str, _Place] = {}
    for node in graph.get_ops():
        for port in node.outputs():
            for name in port.get_names():
                prefix, *rest = name.split(".")
                shape = port.get_partial_shape()
                if prefix != _PREFIX or len(rest) != 4 or shape.is_dynamic or len(shape) != 4:
                    continue
                axes = [int(axis) for axis in rest[1:] if axis in ("1", "2", "3")]
                if sorted(axes) == [1, 2, 3]:
                    places[rest[0]] = _Place(port, *axes)
    return places


def _walked(graph: Any, layers: tuple[Layer, ...]) -> dict[str, _Place]:
    """Walk back from the output to the map of each layer; a map that is not found is left out."""
    # axes may be computed from shapes, which are fixed by now
    passes = import_module("openvino.passes")
    folding = passes.Manager()
    folding.register_pass(passes.ConstantFolding())
    folding.run_passes(graph)
    found: dict[str, _Place] = {}
    for layer, port in zip(layers, _layer_ports(graph, len(layers)), strict=False):
        place = _map_behind(port, layer.pooling)
        if place is not None:
            found.setdefault(layer.map, place)
    return found


def _layer_ports(graph: Any, count: int) -> list[Any]:
    """Return the values of each layer before they are joined; empty where they are not found."""
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
