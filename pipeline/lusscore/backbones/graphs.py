"""The network of a backbone as an OpenVINO graph: built, kept in a cache, and stored as bytes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from filelock import FileLock, Timeout

from lusscore.backbones.keras_network import MODEL_VERSION, build_model
from lusscore.backbones.libraries import import_keras, import_openvino, new_core
from lusscore.backbones.onnx_file import onnx_graph
from lusscore.backbones.spec import BackboneSpec, pooled_layers
from lusscore.backbones.stored_network import name_maps, read_network
from lusscore.backbones.weights import Weights
from lusscore.errors import EngineError
from lusscore.files import folder_written_whole

# building the largest network takes about a minute
_WAIT_SECONDS = 300.0
Graph = Any


def network_graph(core: Any, spec: BackboneSpec, weights: Weights, cache: Path | None) -> Graph:
    """Read an ONNX file, or get a Keras network from the folder `cache` or from Keras itself.

    The ``openvino.Model`` has one input (uint8 RGB frames, NHWC) and one output (float32,
    ``spec.width`` for each). Its batch size is open, unless an ONNX file fixes it.
    """
    if spec.family == "onnx":
        return onnx_graph(core, spec)
    if cache is None:
        return _keras_graph(core, spec, weights)
    name = entry_name(spec, weights)
    with _one_at_a_time(cache, name):
        graph = _read(core, cache / name)
        if graph is None:
            graph = _keras_graph(core, spec, weights)
            # OpenVINO answers a full disk by RuntimeError; the network is good all the same
            with suppress(OSError, RuntimeError), folder_written_whole(cache / name) as folder:
                import_openvino().save_model(graph, folder / "network.xml", compress_to_fp16=False)
                (folder / "sha256").write_text(_digest(folder), "utf-8")
        return graph


def entry_name(spec: BackboneSpec, weights: Weights) -> str:
    """Name an entry of the cache by everything that its network depends on."""
    architecture = hashlib.sha256(repr(spec).encode()).hexdigest()[:8]
    return f"{spec.name}-{weights.digest[:16]}-v{MODEL_VERSION}-{architecture}"


@contextmanager
def _one_at_a_time(folder: Path, name: str) -> Iterator[None]:
    """Wait for others that build the same network, where the folder's file system has locks."""
    lock = FileLock(folder / f"{name}.lock", timeout=_WAIT_SECONDS)
    with suppress(OSError, Timeout, NotImplementedError):
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _read(core: Any, folder: Path) -> Graph | None:
    """Read an entry of the cache; None unless it is whole and unaltered."""
    try:
        if (folder / "sha256").read_text("utf-8") != _digest(folder):
            return None
        return core.read_model(folder / "network.xml", folder / "network.bin")
    # RuntimeError: a file that another version of OpenVINO wrote
    except (OSError, UnicodeDecodeError, RuntimeError):
        return None


def _digest(folder: Path) -> str:
    files = (folder / "network.xml", folder / "network.bin")
    return " ".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def _keras_graph(core: Any, spec: BackboneSpec, weights: Weights) -> Graph:
    """Build the network of `spec` in Keras and read it into OpenVINO, through a SavedModel."""
    backend = import_keras().backend.backend()
    if backend != "tensorflow":
        raise EngineError(
            f"The openvino engine gets its networks from Keras on TensorFlow, but Keras runs on "
            f"{backend}; unset KERAS_BACKEND or use the engine keras."
        )
    model = build_model(spec, weights)
    with tempfile.TemporaryDirectory(prefix="lusscore-", ignore_cleanup_errors=True) as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        return core.read_model(folder)


def graph_bytes(spec: BackboneSpec, weights: Weights, cache: Path | None) -> tuple[bytes, bytes]:
    """Return the network in OpenVINO's format, in float32, to be run where there is no Keras.

    Names that Keras or an ONNX file gave, and notes of the program that wrote them, are left
    out, so that the same network gives the same bytes in every process; its maps are named.

    Returns
    -------
    tuple of bytes
        The ``.xml`` and the ``.bin``: uint8 frames, (n, height, width, 3), to float32,
        (n, ``spec.width``). :func:`lusscore.backbones.open_stored_network` runs them.

    Raises
    ------
    BackboneError, WeightsError, EngineError
        If the network cannot be built, the weights do not fit it, or it is one that
        ``open_stored_network`` refuses.
    """
    core = new_core()
    graph = network_graph(core, spec, weights, cache)
    with tempfile.TemporaryDirectory(prefix="lusscore-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "network.xml"
        import_openvino().save_model(graph, file, compress_to_fp16=False)
        xml, arrays = plain_xml(file.read_bytes()), file.with_suffix(".bin").read_bytes()
    read = read_network(core, spec, xml, arrays)
    return name_maps(xml, read, pooled_layers(spec)), arrays


def plain_xml(xml: bytes) -> bytes:
    """Put numbers in place of the names of layers; drop notes and names of tensors."""
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
