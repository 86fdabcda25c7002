from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lusscore.backbones import get_backbone, get_preprocessing, load_weights, open_engine

Save = Callable[..., Path]


def embed(path: Path, images: np.ndarray) -> np.ndarray:
    spec = get_backbone(str(path))
    with open_engine("openvino", spec, load_weights(spec)) as engine:
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
from lusscore.backbones import get_backbone, load_weights, open_engine
spec = get_backbone(sys.argv[1])
with open_engine("openvino", spec, load_weights(spec)) as engine:
    assert engine.embed(np.zeros((1, 16, 24, 3), np.uint8)).shape == (1, 5)
assert "tensorflow" not in sys.modules
"""
    ran = run_python(code, path)
    assert ran.returncode == 0, ran.stderr
