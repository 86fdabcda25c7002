from __future__ import annotations

from pathlib import Path

import pytest

from lusscore.backbones import BackboneSpec, Engine, load_weights
from lusscore.backbones.engines.graph_cache import entry_name
from lusscore.backbones.onnx_measure import count_flops, count_parameters
from lusscore.backbones.openvino_runtime import import_openvino


@pytest.mark.slow
@pytest.mark.usefixtures("lite0_engine")
def test_two_ways_of_counting_agree_on_a_real_network(
    lite0: BackboneSpec, lite0_cache: Path
) -> None:
    xml = lite0_cache / f"{entry_name(lite0, load_weights(lite0))}.xml"
    graph = import_openvino().Core().read_model(xml)
    assert count_flops(graph) is None or graph.is_dynamic()
    graph.reshape([1, *lite0.input_size, 3])
    assert count_flops(graph) == lite0.flops
    # OpenVINO merges the four arrays of each normalization into two
    assert count_parameters(graph) == pytest.approx(lite0.parameters, rel=0.02)


def test_a_matrix_product_counts_its_inner_size() -> None:
    openvino = import_openvino()
    ops = openvino.opset13
    left = ops.parameter([4, 7], openvino.Type.f32)
    right = ops.constant([[1.0] * 7] * 3, openvino.Type.f32)
    product = ops.matmul(left, right, False, True)
    graph = openvino.Model([product], [left])
    assert count_flops(graph) == 2 * 4 * 7 * 3
    assert count_parameters(graph) == 21


def test_an_open_shape_leaves_the_cost_open() -> None:
    openvino = import_openvino()
    ops = openvino.opset13
    left = ops.parameter(openvino.PartialShape([4, -1]), openvino.Type.f32)
    right = ops.parameter(openvino.PartialShape([-1, 3]), openvino.Type.f32)
    graph = openvino.Model([ops.matmul(left, right, False, False)], [left, right])
    assert count_flops(graph) is None


@pytest.mark.slow
def test_engine_fixture_is_an_engine(lite0_engine: Engine) -> None:
    assert lite0_engine.name == "openvino"
