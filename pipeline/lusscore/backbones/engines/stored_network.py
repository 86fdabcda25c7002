"""Reading a network that somebody else may have written: no code runs, and what is odd is refused.

OpenVINO's format is a list of known layers and their arrays. It names no program and no file, and
nothing is read but the bytes that are given.
"""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import EngineError

_MOST_XML = 32 << 20
# what the arrays of a network may hold besides its parameters: axes, shapes, preprocessing
_MOST_OTHER = 16 << 20
# one array inside a network: 1 GiB in float32
_MOST_NUMBERS = 1 << 28
# they run for as long as they like, remember earlier frames, or differ from run to run
_REFUSED = ("If", "Loop", "TensorIterator", "Assign", "ReadValue", "RandomUniform", "Multinomial")


def read_network(core: Any, spec: BackboneSpec, xml: bytes, arrays: bytes) -> Any:
    """Read what :func:`lusscore.backbones.engines.graph_bytes.graph_bytes` wrote.

    Parameters
    ----------
    core
        An ``openvino.Core``.
    spec
        The backbone that it is said to be.
    xml, arrays
        Bytes of the ``.xml`` and of the ``.bin``, of any origin.

    Returns
    -------
    openvino.Model
        Takes one uint8 image, (1, height, width, 3); gives float32, (1, ``spec.width``).

    Raises
    ------
    EngineError
        If it cannot be read, refers to anything outside, is larger than its backbone can be,
        holds layers that a backbone has no use for, or takes or gives something else.
    """
    _check_bytes(spec, xml, arrays)
    try:
        graph = core.read_model(bytes(xml), bytes(arrays))
    except RuntimeError:
        raise _odd(spec, "is not one that this version of OpenVINO can read") from None
    _check_layers(spec, graph)
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
    # notes of other programs; one of them tells OpenVINO where to look for arrays
    if net.find(".//rt_info") is not None:
        raise _odd(spec, "carries notes that lusscore never writes (rt_info)")


def _check_layers(spec: BackboneSpec, graph: Any) -> None:
    """Refuse a network by its layers, its input and its number of outputs."""
    kinds = {node.get_type_name() for node in graph.get_ops()}
    for kind in _REFUSED:
        if kind in kinds:
            raise _odd(spec, f"has a layer {kind}, of which a backbone has no use")
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        counts = f"{len(graph.inputs)} inputs and {len(graph.outputs)} outputs"
        raise _odd(spec, f"has {counts}, expected one of each")


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
