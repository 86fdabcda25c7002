from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lusscore.backbones import BackboneSpec, Weights, get_backbone, load_weights
from lusscore.backbones.engines.network_graph import network_graph
from lusscore.backbones.openvino_runtime import import_openvino


def test_networks_of_keras_are_kept_and_those_of_onnx_files_are_not(
    toy_spec: BackboneSpec, toy_weights: Weights, save_onnx: Callable[..., Path], tmp_path: Path
) -> None:
    core = import_openvino().Core()
    core.set_property({"ENABLE_MMAP": False})
    onnx = get_backbone(str(save_onnx()))
    cache = tmp_path / "graphs"
    for spec, weights in ((onnx, load_weights(onnx)), (toy_spec, toy_weights)):
        graph = network_graph(core, spec, weights, cache)
        assert graph.inputs[0].get_partial_shape().to_string().startswith("[?,")
        assert graph.outputs[0].get_partial_shape()[1].get_length() == spec.width
    assert [file.name.split("-")[0] for file in cache.glob("*.xml")] == ["toy"]


def test_without_a_cache_a_network_is_built_each_time(
    toy_spec: BackboneSpec, toy_weights: Weights
) -> None:
    core = import_openvino().Core()
    core.set_property({"ENABLE_MMAP": False})
    graph = network_graph(core, toy_spec, toy_weights, None)
    assert graph.outputs[0].get_partial_shape().to_string() == "[?,7]"
