"""From an ONNX file to an OpenVINO graph that takes frames and gives embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.preprocessing import get_preprocessing
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import BackboneError

_SPATIAL_AXES = {"NCHW": [2, 3], "NHWC": [1, 2]}


def onnx_graph(core: Any, spec: BackboneSpec) -> Any:
    """Read the file of `spec` and add preprocessing and pooling.

    Parameters
    ----------
    core
        An ``openvino.Core``.
    spec
        From :func:`lusscore.backbones.onnx_file.read_onnx_spec`.

    Returns
    -------
    openvino.Model
        One input (uint8 RGB frames, NHWC) and one output (embeddings). Its batch size is open
        where that of the file is.
    """
    openvino = import_openvino()
    graph = core.read_model(spec.source)
    graph = embedding_graph(graph, spec.layout, spec.output, Path(spec.source))
    preprocessing = get_preprocessing(spec.preprocessing)
    height, width = spec.input_size
    around = openvino.preprocess.PrePostProcessor(graph)
    tensor = around.input().tensor()
    tensor.set_element_type(openvino.Type.u8)
    tensor.set_layout(openvino.Layout("NHWC"))
    tensor.set_spatial_static_shape(height, width)
    around.input().model().set_layout(openvino.Layout(spec.layout))
    steps = around.input().preprocess()
    if spec.preprocessing != "none":
        steps.convert_element_type(openvino.Type.f32)
        if preprocessing.channels == "BGR":
            steps.reverse_channels()
        steps.mean(list(preprocessing.mean))
        steps.scale(list(preprocessing.scale))
    return around.build()


def embedding_graph(graph: Any, layout: str, output: str, path: Path) -> Any:
    """Cut a network at its embedding and average that over space where it has any.

    Parameters
    ----------
    graph
        An ``openvino.Model``.
    layout
        Axis order of its feature maps, that of its input.
    output
        Name of a tensor or a node; empty for the network's only output.
    path
        For messages.

    Raises
    ------
    BackboneError
        If there is no such output, or its values are neither a vector nor a feature map.
    """
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
            "map (four axes) or a vector (two axes) for each image. Name another output in "
            f"{path.name}.toml beside it.",
            path=path,
        )
    channels = embedding.get_partial_shape()[1]
    if channels.is_dynamic:
        raise BackboneError(
            "it does not tell how long its embedding is; export it with fixed shapes.",
            path=path,
        )
    return openvino.Model([embedding], graph.get_parameters(), path.stem)


def _find_output(graph: Any, output: str, path: Path) -> Any:
    """Return the output port that the sidecar names, or the only one there is."""
    if not output:
        if len(graph.outputs) != 1:
            names = ", ".join(port.any_name for port in graph.outputs)
            raise BackboneError(
                f"it has {len(graph.outputs)} outputs ({names}); say which one in "
                f'{path.name}.toml beside it, as output = "...".',
                path=path,
            )
        return graph.outputs[0].node.input_value(0)
    for node in graph.get_ordered_ops():
        for port in node.outputs():
            if output in port.names or (len(node.outputs()) == 1 and node.friendly_name == output):
                return port
    raise BackboneError(
        f"it has no output, tensor or node named {output!r}, which {path.name}.toml asks for.",
        path=path,
    )
