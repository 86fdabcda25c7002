from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from backbone_maker import write_onnx
from lusscore.backbones import (
    BackboneSpec,
    EngineChoice,
    get_backbone,
    get_preprocessing,
    load_weights,
)
from lusscore.backbones.graphs import entry_name
from lusscore.backbones.libraries import import_openvino
from lusscore.backbones.onnx_file import count_flops, count_parameters
from lusscore.errors import BackboneError

Save = Callable[..., Path]


def sidecar(path: Path, text: str) -> Path:
    beside = path.with_name(f"{path.name}.toml")
    beside.write_text(text, encoding="utf-8")
    return beside


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("batch", ["n", 4])
def test_the_file_gives_layout_size_and_cost(
    save_onnx: Save, layout: str, batch: int | str
) -> None:
    path = save_onnx(name="my_net.onnx", layout=layout, batch=batch)
    spec = get_backbone(str(path))
    assert (spec.name, spec.family, spec.source) == ("my_net", "onnx", str(path))
    assert (spec.layout, spec.input_size, spec.embedding_size) == (layout, (16, 24), 5)
    assert spec.preprocessing == "torch"
    assert spec.parameters == 5 * 3 * 3 * 3
    assert spec.flops == 2 * 8 * 12 * 5 * 3 * 3 * 3


def test_the_sidecar_sets_preprocessing_size_and_output(save_onnx: Save) -> None:
    path = save_onnx(size=("h", "w"), two_outputs=True)
    sidecar(path, 'preprocessing = "tf"\ninput_size = [20, 30]\noutput = "map"\n')
    spec = get_backbone(str(path))
    assert (spec.preprocessing, spec.input_size, spec.output) == ("tf", (20, 30), "map")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("preprocessing = ", "is not valid TOML"),
        (
            "size = [1, 2]",
            "line 1, size: is unknown; expected any of preprocessing, input_size, output",
        ),
        ('preprocessing = "imagenet"', "Unknown preprocessing 'imagenet'; expected one of tf"),
        ("preprocessing = 3", "line 1, preprocessing: 3 is not allowed; expected text"),
        ("input_size = 224", "line 1, input_size: 224 is not allowed; expected a list"),
        ("input_size = [224]", r"line 1, input_size\[1\]: is missing"),
        ("input_size = [0, 9.5]", r"(?s)input_size\[0\]: 0 is .*\[1\]: 9.5 is not allowed"),
        ("input_size = [32, 32]", r"takes images of 16 x 24.* input_size = \[32, 32\]"),
        ('output = "conv9"', "no output, tensor or node named 'conv9'"),
    ],
)
def test_a_wrong_sidecar_is_explained(save_onnx: Save, text: str, told: str) -> None:
    path = save_onnx()
    sidecar(path, text)
    with pytest.raises(BackboneError, match=told):
        get_backbone(str(path))


def test_an_open_size_asks_for_a_sidecar(save_onnx: Save) -> None:
    with pytest.raises(BackboneError, match=r"leaves the image size open.*net\.onnx\.toml"):
        get_backbone(str(save_onnx(size=("h", "w"))))


def test_several_outputs_ask_for_a_choice(save_onnx: Save) -> None:
    with pytest.raises(BackboneError, match=r"2 outputs \(features, map\)"):
        get_backbone(str(save_onnx(two_outputs=True)))


def test_something_that_is_no_onnx_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"\x08\x01 nothing of use")
    with pytest.raises(BackboneError, match=r"broken\.onnx: it cannot be read as an ONNX network"):
        get_backbone(str(path))


def test_weights_in_a_second_file_are_refused(save_onnx: Save) -> None:
    path = save_onnx(external=True, channels=4000)
    with pytest.raises(BackboneError, match="keeps its weights in a second file"):
        get_backbone(str(path))


def test_an_input_without_three_channels_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"])]
    path = write_onnx(tmp_path / "grey.onnx", nodes, {"x": [1, 1, 8, 8]}, {"y": None}, {})
    with pytest.raises(BackboneError, match="with 3 channels"):
        get_backbone(str(path))


Save = Callable[..., Path]


def embed(path: Path, images: np.ndarray) -> np.ndarray:
    spec = get_backbone(str(path))
    with EngineChoice("openvino").open(spec, load_weights(spec)) as engine:
        return engine.embed(images)


def by_hand(images: np.ndarray, preprocessing: str) -> np.ndarray:
    """What `save_onnx` writes, in NumPy: 3x3 convolution of stride 2, ReLU, mean over space."""
    kernel = np.random.default_rng(3).normal(size=(5, 3, 3, 3)).astype(np.float32)
    x = np.pad(get_preprocessing(preprocessing)(images), ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2]
    return np.maximum(np.einsum("nyxcij,ocij->nyxo", windows, kernel), 0).mean(axis=(1, 2))


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (6, 16, 24, 3), dtype=np.uint8)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("pooled", [False, True])
def test_both_layouts_and_both_kinds_of_output_give_the_mean_feature(
    save_onnx: Save, images: np.ndarray, layout: str, pooled: bool
) -> None:
    embeddings = embed(save_onnx(layout=layout, pooled=pooled), images)
    np.testing.assert_allclose(embeddings, by_hand(images, "torch"), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("preprocessing", ["tf", "caffe", "lite", "none"])
def test_the_sidecar_decides_on_preprocessing(
    save_onnx: Save, images: np.ndarray, preprocessing: str
) -> None:
    path = save_onnx()
    path.with_name("net.onnx.toml").write_text(f'preprocessing = "{preprocessing}"')
    expected = by_hand(images, preprocessing)
    np.testing.assert_allclose(embed(path, images), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("output", ["map", "relu"])
def test_the_sidecar_may_name_a_tensor_or_a_node(
    save_onnx: Save, images: np.ndarray, output: str
) -> None:
    path = save_onnx(pooled=True)
    path.with_name("net.onnx.toml").write_text(f'output = "{output}"')
    np.testing.assert_allclose(embed(path, images), by_hand(images, "torch"), rtol=1e-5, atol=1e-5)


def test_a_fixed_batch_size_takes_any_number_of_images(save_onnx: Save, images: np.ndarray) -> None:
    fixed = save_onnx(batch=4)
    np.testing.assert_allclose(embed(fixed, images), by_hand(images, "torch"), rtol=1e-5, atol=1e-5)


def test_the_onnx_package_is_not_needed(
    save_onnx: Save, run_python: Callable[..., object], tmp_path: Path
) -> None:
    path = Path(shutil.copy(save_onnx(), tmp_path / "copy.onnx"))
    code = """
import sys
sys.modules["onnx"] = None
import numpy as np
from lusscore.backbones import get_backbone, load_weights, EngineChoice
spec = get_backbone(sys.argv[1])
with EngineChoice("openvino").open(spec, load_weights(spec)) as engine:
    assert engine.embed(np.zeros((1, 16, 24, 3), np.uint8)).shape == (1, 5)
assert "tensorflow" not in sys.modules
"""
    ran = run_python(code, path)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("lite0_engine")
def test_two_ways_of_counting_agree_on_a_real_network(
    lite0: BackboneSpec, lite0_cache: Path
) -> None:
    xml = lite0_cache / entry_name(lite0, load_weights(lite0)) / "network.xml"
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
