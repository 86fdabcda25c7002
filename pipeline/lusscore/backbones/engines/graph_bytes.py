"""The network of a backbone as bytes, to be kept where it must run without Keras."""

from __future__ import annotations

import tempfile
from pathlib import Path
from xml.etree import ElementTree

from lusscore.backbones.engines.find_maps import name_maps
from lusscore.backbones.engines.network_graph import network_graph
from lusscore.backbones.engines.stored_network import read_network
from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.pooled_parts import pooled_parts
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights


def graph_bytes(spec: BackboneSpec, weights: Weights, cache: Path | None) -> tuple[bytes, bytes]:
    """Return the network in OpenVINO's format, in float32.

    Names that Keras or an ONNX file gave, and notes of the program that wrote them, are left
    out, so that the same network gives the same bytes in every process; its maps are named.

    Parameters
    ----------
    spec, weights, cache
        See :func:`lusscore.backbones.open_engine`.

    Returns
    -------
    tuple of bytes
        The ``.xml`` and the ``.bin``: uint8 frames, (n, height, width, 3), to float32,
        (n, ``spec.width``). :func:`lusscore.backbones.engines.stored_network.read_network`
        reads them.

    Raises
    ------
    BackboneError, WeightsError, EngineError
        If the network cannot be built, the weights do not fit it, or it is one that
        ``read_network`` refuses.
    """
    openvino = import_openvino()
    core = openvino.Core()
    core.set_property({"ENABLE_MMAP": False})
    graph = network_graph(core, spec, weights, cache)
    with tempfile.TemporaryDirectory(prefix="lusscore-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "network.xml"
        openvino.save_model(graph, file, compress_to_fp16=False)
        xml, arrays = plain_xml(file.read_bytes()), file.with_suffix(".bin").read_bytes()
    read = read_network(core, spec, xml, arrays)
    return name_maps(xml, read, pooled_parts(spec)), arrays


def plain_xml(xml: bytes) -> bytes:
    """Put numbers in place of the names of layers; drop notes and names of tensors.

    Parameters
    ----------
    xml
        What OpenVINO wrote.
    """
    net = ElementTree.fromstring(xml)
    net.set("name", "network")
    for element in list(net.iter()):
        for notes in element.findall("rt_info"):
            element.remove(notes)
        if element.tag == "layer":
            element.set("name", f"layer{element.get('id')}")
            # counted up within a process where the network has no name for it
            element.attrib.pop("output_names", None)
        elif element.tag == "port":
            element.attrib.pop("names", None)
    ElementTree.indent(net, "")
    text: bytes = ElementTree.tostring(net, encoding="utf-8", xml_declaration=True)
    return text
