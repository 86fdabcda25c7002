from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from lusscore.backbones import BackboneSpec, Engine, load_weights, open_engine
from lusscore.backbones.networks.efficientnet_lite0 import build_efficientnet_lite0

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "tests/backbones/reference/efficientnet_lite0.npz"


def load_tool(name: str) -> ModuleType:
    location = importlib.util.spec_from_file_location(name, ROOT / f"pipeline/tools/{name}.py")
    assert location is not None
    assert location.loader is not None
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return load_tool("convert_efficientnet_lite0").reference_images()


@pytest.fixture(scope="module")
def reference(images: np.ndarray) -> np.ndarray:
    with np.load(REFERENCE) as stored:
        assert hashlib.sha256(images.tobytes()).hexdigest() == str(stored["images_sha256"])
        return stored["embeddings"]


def assert_agrees(embeddings: np.ndarray, reference: np.ndarray) -> None:
    """1e-4 absolutely; relative to the largest value that is about 2e-5."""
    assert embeddings.shape == reference.shape == (6, 1280)
    assert np.abs(reference).max() > 4
    np.testing.assert_allclose(embeddings, reference, rtol=0, atol=1e-4)


@pytest.mark.slow
def test_openvino_agrees_with_the_published_pytorch_network(
    lite0_engine: Engine, images: np.ndarray, reference: np.ndarray
) -> None:
    assert_agrees(lite0_engine.embed(images), reference)


def test_keras_agrees_with_the_published_pytorch_network(
    lite0: BackboneSpec, images: np.ndarray, reference: np.ndarray
) -> None:
    with open_engine("keras", lite0, load_weights(lite0)) as engine:
        assert_agrees(engine.embed(images), reference)


def test_the_spec_tells_the_cost_of_the_network(lite0: BackboneSpec) -> None:
    network = build_efficientnet_lite0(lite0)
    count_flops = load_tool("measure_applications").count_flops
    assert network.count_params() == lite0.parameters
    assert count_flops(network) == lite0.flops
    assert network.output_shape == (None, lite0.embedding_size)
