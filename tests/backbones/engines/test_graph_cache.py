from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lusscore.backbones import BackboneSpec, Weights, open_engine
from lusscore.backbones.engines.graph_cache import cached_graph, entry_name
from lusscore.backbones.engines.keras_graph import keras_graph
from lusscore.backbones.openvino_runtime import import_openvino

Images = Callable[..., np.ndarray]


class Builder:
    """Counts how often the toy network is built."""

    def __init__(self, core: Any, spec: BackboneSpec, weights: Weights) -> None:
        self.arguments = (core, spec, weights)
        self.times = 0

    def __call__(self) -> Any:
        self.times += 1
        return keras_graph(*self.arguments)


@pytest.fixture
def core() -> Any:
    core = import_openvino().Core()
    core.set_property({"ENABLE_MMAP": False})
    return core


@pytest.fixture
def build(core: Any, toy_spec: BackboneSpec, toy_weights: Weights) -> Builder:
    return Builder(core, toy_spec, toy_weights)


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    folder = tmp_path / "read-only"
    folder.write_text("a file where a folder is wanted")
    return folder


def test_the_second_start_reads_what_the_first_kept(
    core: Any, tmp_path: Path, build: Builder
) -> None:
    folder = tmp_path / "deep" / "cache"
    for _ in range(2):
        graph = cached_graph(core, folder, "toy", build)
        assert graph.inputs[0].partial_shape.to_string() == "[?,32,48,3]"
    assert build.times == 1
    assert {file.name for file in folder.iterdir()} - {"toy.lock"} == {
        "toy.xml",
        "toy.bin",
        "toy.sha256",
    }


@pytest.mark.parametrize("suffix", [".xml", ".bin", ".sha256"])
@pytest.mark.parametrize("harm", ["cut", "flip", "remove"])
def test_a_damaged_entry_is_built_anew(
    core: Any, tmp_path: Path, build: Builder, suffix: str, harm: str
) -> None:
    cached_graph(core, tmp_path, "toy", build)
    file = tmp_path / f"toy{suffix}"
    content = bytearray(file.read_bytes())
    if harm == "remove":
        file.unlink()
    elif harm == "cut":
        file.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 0x01
        file.write_bytes(content)
    cached_graph(core, tmp_path, "toy", build)
    assert build.times == 2
    cached_graph(core, tmp_path, "toy", build)
    assert build.times == 2


def test_a_kept_network_computes_the_same(
    toy_spec: BackboneSpec, toy_weights: Weights, tmp_path: Path, make_images: Images
) -> None:
    images = make_images(toy_spec, 3)
    results = []
    for cache in (None, tmp_path, tmp_path):
        with open_engine("openvino", toy_spec, toy_weights, cache=cache) as engine:
            results.append(engine.embed(images))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[1], results[2])


def test_a_folder_that_cannot_be_made_costs_time_only(
    core: Any, read_only: Path, build: Builder
) -> None:
    for _ in range(2):
        cached_graph(core, read_only, "toy", build)
    assert build.times == 2


def test_the_name_changes_with_all_that_changes_the_network(
    toy_spec: BackboneSpec, toy_weights: Weights
) -> None:
    names = [
        entry_name(toy_spec, toy_weights),
        entry_name(replace(toy_spec, preprocessing="tf"), toy_weights),
        entry_name(replace(toy_spec, input_size=(32, 32)), toy_weights),
        entry_name(toy_spec, replace(toy_weights, digest="0" * 64)),
    ]
    assert len(set(names)) == len(names)
    assert names[0].startswith(f"toy-{toy_weights.digest[:16]}-")
    assert names[0] == entry_name(toy_spec, replace(toy_weights, path=Path("elsewhere")))
