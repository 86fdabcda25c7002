"""ONNX files as backbones: what the file and its sidecar tell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import PositiveInt

from lusscore.backbones.onnx_graph import embedding_graph
from lusscore.backbones.onnx_measure import count_flops, count_parameters, weights_are_elsewhere
from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.preprocessing import get_preprocessing
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import BackboneError
from lusscore.records import Record, known, read_toml

ONNX_SUFFIX = ".onnx"
SIDECAR_SUFFIX = ".toml"
CHANNELS = 3


class Sidecar(Record):
    """What ``<file>.onnx.toml`` says; every key may be left out.

    Attributes
    ----------
    preprocessing
        Registered name.
    input_size
        (height, width), for files that leave it open.
    output
        Name of the tensor, or of the node, whose values are the embedding.
    """

    preprocessing: Annotated[str, known(get_preprocessing)] = "torch"
    input_size: tuple[PositiveInt, PositiveInt] | None = None
    output: str = ""


def read_onnx_spec(path: Path) -> BackboneSpec:
    """Make a spec of an ONNX file.

    Raises
    ------
    BackboneError
        If the file is missing, is not ONNX, or is not an image network that gives a feature map
        or a vector for each image.
    """
    if not path.is_file():
        raise BackboneError("there is no ONNX file here; check the path", path=path)
    sidecar = read_sidecar(path.with_name(path.name + SIDECAR_SUFFIX))
    core = import_openvino().Core()
    try:
        graph = core.read_model(path)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise BackboneError(
            f"it cannot be read as an ONNX network ({reason}); export it anew.",
            path=path,
        ) from None
    if weights_are_elsewhere(graph, path):
        raise BackboneError(
            "it keeps its weights in a second file, whose changes would go unnoticed; save "
            "the network in one file.",
            path=path,
        )
    if len(graph.inputs) != 1:
        raise BackboneError(
            f"it has {len(graph.inputs)} inputs; expected one, the image", path=path
        )
    layout, size = _input(graph.inputs[0].partial_shape, sidecar, path)
    height, width = size
    shape = [1, CHANNELS, height, width] if layout == "NCHW" else [1, height, width, CHANNELS]
    graph = embedding_graph(graph, layout, sidecar.output, path)
    parameters = count_parameters(graph)
    graph.reshape(shape)
    return BackboneSpec(
        name=path.stem,
        input_size=size,
        preprocessing=sidecar.preprocessing,
        embedding_size=graph.outputs[0].shape[-1],
        parameters=parameters,
        flops=count_flops(graph),
        family="onnx",
        source=str(path.absolute()),
        layout=layout,
        output=sidecar.output,
    )


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar; all defaults when there is none.

    Raises
    ------
    BackboneError
        If it is not TOML, or a key is unknown or holds what is not allowed.
    """
    try:
        return read_toml(path, Sidecar, BackboneError)
    except FileNotFoundError:
        return Sidecar()


def _input(shape: Any, sidecar: Sidecar, path: Path) -> tuple[str, tuple[int, int]]:
    """Tell the axis order and the size of the image from the shape of the input."""
    sides = [axis.get_length() if axis.is_static else None for axis in shape]
    if len(sides) != 4 or CHANNELS not in (sides[1], sides[3]):
        raise BackboneError(
            f"it takes input of shape {shape}; expected four axes, the second or the last "
            f"with {CHANNELS} channels.",
            path=path,
        )
    layout = "NCHW" if sides[1] == CHANNELS else "NHWC"
    height, width = sides[2:] if layout == "NCHW" else sides[1:3]
    if sidecar.input_size is not None:
        wanted = sidecar.input_size
        if height not in (None, wanted[0]) or width not in (None, wanted[1]):
            raise BackboneError(
                f"it takes images of {height} x {width}, but its sidecar says input_size = "
                f"{list(wanted)}; correct or remove it.",
                path=path,
            )
        return layout, wanted
    if height is None or width is None:
        raise BackboneError(
            f"it leaves the image size open; say input_size = [height, width] in "
            f"{path.name}{SIDECAR_SUFFIX} beside it.",
            path=path,
        )
    return layout, (height, width)
