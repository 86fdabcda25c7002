from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

from backbone_maker import write_onnx
from lusscore.backbones import (
    BackboneSpec,
    Engine,
    EngineChoice,
    Weights,
    get_backbone,
    load_weights,
    register_backbone,
    registry,
)
from lusscore.backbones.graphs import plain_xml
from lusscore.backbones.libraries import import_keras, import_openvino

ROOT = Path(__file__).resolve().parents[2]
WATCHED = Path(__file__).parent / "watched_embedding.py"
Images = np.ndarray
TOY = BackboneSpec(
    name="toy",
    input_size=(32, 48),
    preprocessing="caffe",
    embedding_size=7,
    parameters=3 * 3 * 3 * 7 + 7,
    flops=2 * 3 * 3 * 3 * 7 * 16 * 24,
    family="registered",
)


@pytest.fixture(autouse=True)
def _no_weights_folder_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LUSSCORE_WEIGHTS", raising=False)


@pytest.fixture(scope="session")
def shared_weights() -> Path:
    folder = ROOT.parent / "shared" / "weights"
    if not folder.is_dir():
        pytest.skip(f"no real ImageNet weights at {folder}")
    return folder


@pytest.fixture(scope="session")
def make_images() -> Callable[..., Images]:
    """Random uint8 frames of a backbone's input size."""

    def make(spec: BackboneSpec, count: int, seed: int = 0) -> Images:
        shape = (count, *spec.input_size, 3)
        return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)

    return make


def build_toy(spec: BackboneSpec) -> Any:
    keras = import_keras()
    inputs = keras.Input((*spec.input_size, 3))
    layer = keras.layers.Conv2D(
        7, 3, 2, padding="same", activation="relu", bias_initializer="random_normal"
    )
    return keras.Model(inputs, layer(inputs))


@pytest.fixture
def toy_spec() -> Iterator[BackboneSpec]:
    """A backbone small enough to be built in every test, without pooling of its own."""
    register_backbone(TOY)(build_toy)
    yield TOY
    del registry._BACKBONES[TOY.name]


@pytest.fixture(scope="session")
def toy_weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    folder = tmp_path_factory.mktemp("toy-weights")
    import_keras().utils.set_random_seed(1)
    build_toy(TOY).save_weights(folder / "toy.weights.h5")
    return load_weights(TOY, folder)


@pytest.fixture(scope="session")
def lite0() -> BackboneSpec:
    return get_backbone("efficientnet_lite0")


@pytest.fixture(scope="session")
def lite0_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the default backbone's network is kept; its parent is all that building may touch."""
    return tmp_path_factory.mktemp("lite0") / "graphs"


@pytest.fixture(scope="session")
def lite0_build_report(lite0_cache: Path) -> list[str]:
    """Build the network into `lite0_cache` in another process; what that process touched."""
    folder = lite0_cache.parent
    # Keras writes its settings file on import wherever there is none
    environment = {"KERAS_HOME": str(folder / "keras"), "TMPDIR": str(folder)}
    ran = run_isolated(folder, WATCHED.read_text("utf-8"), lite0_cache, **environment)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@pytest.fixture(scope="session")
def lite0_engine(
    lite0: BackboneSpec, lite0_cache: Path, lite0_build_report: list[str]
) -> Iterator[Engine]:
    """The default backbone in the default engine."""
    with EngineChoice("openvino", cache=lite0_cache).open(lite0, load_weights(lite0)) as engine:
        yield engine


def run_isolated(
    folder: Path, code: str, *arguments: object, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter whose home is the empty folder ``home`` in `folder`."""
    home = folder / "home"
    home.mkdir()
    kept = {
        key: value
        for key, value in os.environ.items()
        # with CI set, OpenVINO's telemetry would keep quiet by itself
        if key not in {"CI", "TF_BUILD", "JENKINS_URL", "KERAS_HOME", "TF_CPP_MIN_LOG_LEVEL"}
    }
    kept |= {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home)}
    # matplotlib, which Keras imports, keeps its own files there
    kept |= {"MPLCONFIGDIR": str(folder / "matplotlib"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def run_python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code in a fresh interpreter whose home folder is empty."""
    return partial(run_isolated, tmp_path)


@pytest.fixture
def save_onnx(tmp_path: Path) -> Callable[..., Path]:
    """Write a network of one convolution (3 to 5 channels, stride 2) and ReLU6-like clipping."""

    def save(
        *,
        name: str = "net.onnx",
        layout: str = "NCHW",
        batch: int | str = "n",
        size: tuple[int | str, int | str] = (16, 24),
        pooled: bool = False,
        two_outputs: bool = False,
        external: bool = False,
        channels: int = 5,
    ) -> Path:
        kernel = np.random.default_rng(3).normal(size=(channels, 3, 3, 3)).astype(np.float32)
        nodes, features = [], "features"
        image = [batch, 3, *size] if layout == "NCHW" else [batch, *size, 3]
        if layout == "NHWC":
            nodes.append(helper.make_node("Transpose", ["image"], ["chw"], perm=[0, 3, 1, 2]))
        source = "chw" if layout == "NHWC" else "image"
        nodes.append(
            helper.make_node(
                "Conv", [source, "kernel"], ["convolved"], strides=[2, 2], pads=[1, 1, 1, 1]
            )
        )
        nodes.append(helper.make_node("Relu", ["convolved"], ["map"], name="relu"))
        if pooled:
            nodes.append(helper.make_node("GlobalAveragePool", ["map"], ["averaged"]))
            nodes.append(helper.make_node("Flatten", ["averaged"], [features]))
        elif layout == "NHWC":
            nodes.append(helper.make_node("Transpose", ["map"], [features], perm=[0, 2, 3, 1]))
        else:
            nodes.append(helper.make_node("Identity", ["map"], [features]))
        outputs = [features, "map"] if two_outputs else [features]
        return write_onnx(
            tmp_path / name, nodes, {"image": image}, dict.fromkeys(outputs), {"kernel": kernel},
            save_as_external_data=external, location=f"{name}.data", size_threshold=0,
        )  # fmt: skip

    return save


MADE = BackboneSpec(
    name="made",
    input_size=(8, 12),
    preprocessing="none",
    embedding_size=3,
    parameters=100,
    flops=None,
    family="onnx",
)


@pytest.fixture
def made() -> BackboneSpec:
    """What networks of :func:`ir_of` are said to be."""
    return MADE


@pytest.fixture
def ir_of(tmp_path: Path) -> Callable[..., tuple[bytes, bytes]]:
    """Write outputs that come of inputs as :func:`lusscore.backbones.graph_bytes` would."""

    def write(outputs: Sequence[Any], inputs: Sequence[Any]) -> tuple[bytes, bytes]:
        openvino = import_openvino()
        graph = openvino.Model(list(outputs), list(inputs), "made")
        openvino.save_model(graph, tmp_path / "made.xml", compress_to_fp16=False)
        xml = plain_xml((tmp_path / "made.xml").read_bytes())
        return xml, (tmp_path / "made.bin").read_bytes()

    return write
