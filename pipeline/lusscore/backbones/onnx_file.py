"""ONNX files as backbones: what the file and its sidecar say, and the network inside."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import PositiveInt

from lusscore.backbones.libraries import import_openvino
from lusscore.backbones.preprocessing import get_preprocessing
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import BackboneError
from lusscore.records import Record, known, read_toml

ONNX_SUFFIX = ".onnx"
_CHANNELS = 3
_SPATIAL_AXES = {"NCHW": [2, 3], "NHWC": [1, 2]}
# graphs may hold a few small arrays more than the file: shapes, axes, copies
_SLACK = 1.5
_SLACK_BYTES = 1 << 16


class Sidecar(Record):
    """What ``<file>.onnx.toml`` says; every key may be left out.

    `input_size` is (height, width), for files that leave it open; `output` names the tensor, or
    the node, whose values are the embedding.
    """

    preprocessing: Annotated[str, known(get_preprocessing)] = "torch"
    input_size: tuple[PositiveInt, PositiveInt] | None = None
    output: str = ""


def read_onnx_spec(path: Path) -> BackboneSpec:
    """Make a spec of an ONNX file.

    BackboneError if the file is missing, is not ONNX or not an image network that gives a feature
    map or a vector for each image, or its sidecar is wrong.
    """
    if not path.is_file():
        raise BackboneError("there is no ONNX file here; check the path", path=path)
    try:
        sidecar = read_toml(path.with_name(f"{path.name}.toml"), Sidecar, BackboneError)
    except FileNotFoundError:
        sidecar = Sidecar()
    try:
        graph = import_openvino().Core().read_model(path)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise BackboneError(
            f"it cannot be read as an ONNX network ({reason})", path=path, advice="export it anew"
        ) from None
    arrays = sum(
        node.get_byte_size() for node in graph.get_ops() if node.get_type_name() == "Constant"
    )
    if arrays > _SLACK * path.stat().st_size + _SLACK_BYTES:
        raise BackboneError(
            "it keeps its weights in a second file, whose changes would go unnoticed",
            path=path,
            advice="save the network in one file",
        )
    if len(graph.inputs) != 1:
        raise BackboneError(
            f"it has {len(graph.inputs)} inputs; expected one, the image", path=path
        )
    layout, (height, width) = _input(graph.inputs[0].partial_shape, sidecar, path)
    graph = _embedding_graph(graph, layout, sidecar.output, path)
    parameters = count_parameters(graph)
    graph.reshape(
        [1, _CHANNELS, height, width] if layout == "NCHW" else [1, height, width, _CHANNELS]
    )
    return BackboneSpec(
        name=path.stem,
        input_size=(height, width),
        preprocessing=sidecar.preprocessing,
        embedding_size=graph.outputs[0].shape[-1],
        parameters=parameters,
        flops=count_flops(graph),
        family="onnx",
        source=str(path.absolute()),
        layout=layout,
        output=sidecar.output,
    )


def _input(shape: Any, sidecar: Sidecar, path: Path) -> tuple[str, tuple[int, int]]:
    """Return the axis order and the size of the image from the shape of the input."""
    sides = [axis.get_length() if axis.is_static else None for axis in shape]
    if len(sides) != 4 or _CHANNELS not in (sides[1], sides[3]):
        raise BackboneError(
            f"it takes input of shape {shape}; expected four axes, the second or the last "
            f"with {_CHANNELS} channels",
            path=path,
        )
    layout = "NCHW" if sides[1] == _CHANNELS else "NHWC"
    height, width = sides[2:] if layout == "NCHW" else sides[1:3]
    wanted = sidecar.input_size
    if wanted is not None:
        if height not in (None, wanted[0]) or width not in (None, wanted[1]):
            raise BackboneError(
                f"it takes images of {height} x {width}, but its sidecar says input_size = "
                f"{list(wanted)}",
                path=path,
                advice="correct or remove it",
            )
        return layout, wanted
    if height is None or width is None:
        raise BackboneError(
            "it leaves the image size open",
            path=path,
            advice=f"say input_size = [height, width] in {path.name}.toml beside it",
        )
    return layout, (height, width)


def onnx_graph(core: Any, spec: BackboneSpec) -> Any:
    """Read the file of `spec` into an ``openvino.Model`` and add preprocessing and pooling.

    It takes uint8 RGB frames, NHWC, and gives embeddings; its batch size is that of the file.
    """
    openvino = import_openvino()
    graph = core.read_model(spec.source)
    graph = _embedding_graph(graph, spec.layout, spec.output, Path(spec.source))
    preprocessing = get_preprocessing(spec.preprocessing)
    around = openvino.preprocess.PrePostProcessor(graph)
    tensor = around.input().tensor()
    tensor.set_element_type(openvino.Type.u8)
    tensor.set_layout(openvino.Layout("NHWC"))
    tensor.set_spatial_static_shape(*spec.input_size)
    around.input().model().set_layout(openvino.Layout(spec.layout))
    steps = around.input().preprocess()
    if spec.preprocessing != "none":
        steps.convert_element_type(openvino.Type.f32)
        if preprocessing.channels == "BGR":
            steps.reverse_channels()
        steps.mean(list(preprocessing.mean))
        steps.scale(list(preprocessing.scale))
    return around.build()


def _embedding_graph(graph: Any, layout: str, output: str, path: Path) -> Any:
    """Cut a network at its embedding and average that over space where it has any."""
    openvino = import_openvino()
    embedding = _find_output(graph, output, path)
    axes = len(embedding.get_partial_shape())
    if axes == 4:
        spatial = openvino.op.Constant(
            openvino.Type.i64, openvino.Shape([2]), _SPATIAL_AXES[layout]
        )
        embedding = openvino.opset13.reduce_mean(embedding, spatial, keep_dims=False).output(0)
    elif axes != 2:
        raise BackboneError(
            f"it gives values of shape {embedding.get_partial_shape()}; expected a feature "
            "map (four axes) or a vector (two axes) for each image",
            path=path,
            advice=f"name another output in {path.name}.toml beside it",
        )
    if embedding.get_partial_shape()[1].is_dynamic:
        raise BackboneError(
            "it leaves the length of its embedding open",
            path=path,
            advice="export it with fixed shapes",
        )
    return openvino.Model([embedding], graph.get_parameters(), path.stem)


def _find_output(graph: Any, output: str, path: Path) -> Any:
    """Return the output port that the sidecar names, or the only one there is."""
    if not output:
        if len(graph.outputs) != 1:
            names = ", ".join(port.any_name for port in graph.outputs)
            raise BackboneError(
                f"it has {len(graph.outputs)} outputs ({names})",
                path=path,
                advice=f'say which one in {path.name}.toml beside it, as output = "..."',
            )
        return graph.outputs[0].node.input_value(0)
    for node in graph.get_ordered_ops():
        for port in node.outputs():
            if output in port.names or (len(node.outputs()) == 1 and node.friendly_name == output):
                return port
    raise BackboneError(
        f"it has no output, tensor or node named {output!r}, which {path.name}.toml asks for",
        path=path,
    )


def count_parameters(graph: Any) -> int:
    """Count the floating-point numbers in a network's arrays of weights."""
    return sum(
        math.prod(node.output(0).shape)
        for node in graph.get_ops()
        if node.get_type_name() == "Constant"
        and node.output(0).shape
        and node.output(0).element_type.is_real()
    )


def count_flops(graph: Any) -> int | None:
    """Count multiplications and additions of convolutions and matrix products for one image.

    None when a shape is known only when the network runs.
    """
    total = 0
    for node in graph.get_ops():
        kind = node.get_type_name()
        if kind not in ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "MatMul"):
            continue
        left, right = node.input(0).get_partial_shape(), node.input(1).get_partial_shape()
        result = node.output(0).get_partial_shape()
        if left.is_dynamic or right.is_dynamic or result.is_dynamic:
            return None
        if kind == "MatMul":
            inner = left.to_shape()[-2 if node.get_attributes()["transpose_a"] else -1]
            total += 2 * math.prod(result.to_shape()) * inner
        else:
            # a transposed convolution uses its kernel once for each place of its input
            places = left if kind == "ConvolutionBackpropData" else result
            total += 2 * math.prod(places.to_shape()[2:]) * math.prod(right.to_shape())
    return total
