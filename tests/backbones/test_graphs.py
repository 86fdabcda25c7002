from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from lusscore.backbones import (
    BackboneSpec,
    EngineChoice,
    Weights,
    get_backbone,
    graph_bytes,
    graphs,
    load_weights,
    open_stored_network,
    with_levels,
)
from lusscore.backbones.graphs import entry_name
from lusscore.backbones.libraries import new_core
from lusscore.errors import EngineError, WeightsError

Images = Callable[..., np.ndarray]
SaveOnnx = Callable[..., Path]


def test_a_network_built_twice_has_the_same_bytes(
    toy_spec: BackboneSpec, toy_weights: Weights, tmp_path: Path
) -> None:
    # Keras and OpenVINO count their names on, so the two builds differ in all of them
    first = graph_bytes(toy_spec, toy_weights, None)
    assert graph_bytes(toy_spec, toy_weights, None) == first
    for _ in range(2):
        assert graph_bytes(toy_spec, toy_weights, tmp_path / "graphs") == first


def test_the_bytes_tell_nothing_of_where_they_were_made(
    save_onnx: SaveOnnx, tmp_path: Path
) -> None:
    spec = get_backbone(str(save_onnx(name="jane-doe.onnx")))
    xml, _ = graph_bytes(spec, load_weights(spec), None)
    assert b"jane" not in xml
    net = ElementTree.fromstring(xml)
    assert {layer.get("name", "").rstrip("0123456789") for layer in net.iter("layer")} == {"layer"}
    assert net.find(".//rt_info") is None


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_the_bytes_compute_what_the_engine_computes_up_to_rounding(
    layout: str, save_onnx: SaveOnnx, make_images: Images
) -> None:
    spec = get_backbone(str(save_onnx(layout=layout)))
    weights, images = load_weights(spec), make_images(spec, 5)
    with EngineChoice("openvino").open(spec, weights) as engine:
        expected = engine.embed(images)
    with open_stored_network(spec, *graph_bytes(spec, weights, None)) as network:
        np.testing.assert_allclose(network.run(images)[0], expected, rtol=2e-6)


def test_a_file_fixed_to_more_images_is_opened_for_one(
    save_onnx: SaveOnnx, make_images: Images
) -> None:
    spec = get_backbone(str(save_onnx(batch=4)))
    with open_stored_network(spec, *graph_bytes(spec, load_weights(spec), None)) as network:
        assert network.run(make_images(spec, 3))[0].shape == (3, 5)


def test_weights_that_do_not_fit_are_refused(toy_spec: BackboneSpec, lite0: BackboneSpec) -> None:
    with pytest.raises(WeightsError, match="toy"):
        graph_bytes(toy_spec, load_weights(lite0), None)


def test_a_network_that_could_not_be_read_again_is_refused_when_it_is_made(
    toy_spec: BackboneSpec, toy_weights: Weights
) -> None:
    with pytest.raises(EngineError, match=r"stored network of toy gives f32 of shape \[1,7\]"):
        graph_bytes(replace(toy_spec, embedding_size=8), toy_weights, None)


@pytest.mark.slow
def test_a_network_runs_from_its_bytes_without_tensorflow_or_a_file(
    lite0: BackboneSpec,
    lite0_cache: Path,
    lite0_build_report: list[str],
    run_python: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "stored"
    folder.mkdir()
    xml, arrays = graph_bytes(lite0, load_weights(lite0), lite0_cache)
    (folder / "xml").write_bytes(xml)
    (folder / "arrays").write_bytes(arrays)
    code = """
import os, sys
from pathlib import Path
import numpy as np
from lusscore.backbones import get_backbone, open_stored_network
folder = Path(sys.argv[1])
xml, arrays = ((folder / name).read_bytes() for name in ("xml", "arrays"))
wrote = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_WRONLY:
        wrote.append(arguments[0])
sys.addaudithook(watch)
with open_stored_network(get_backbone("efficientnet_lite0"), xml, arrays) as network:
    embeddings, maps = network.run(np.zeros((2, 224, 224, 3), np.uint8))
print(embeddings.shape, maps["embedding"].shape, wrote)
print([name for name in ("tensorflow", "keras", "torch", "jax") if name in sys.modules])
"""
    ran = run_python(code, folder)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == ["(2, 1280) (2, 7, 7, 1280) []", "[]"]


def test_maps_are_named_when_a_network_is_stored_and_found_where_they_are_not(
    tiny_backbone: Path,
) -> None:
    spec = get_backbone(str(tiny_backbone))
    xml, arrays = graph_bytes(spec, load_weights(spec), None)
    assert xml.count(b'"map.embedding.') == 1
    unnamed = re.sub(rb' names="map[^"]*"', b"", xml)
    assert unnamed != xml
    frames = np.random.default_rng(0).integers(0, 256, (2, *spec.input_size, 3), dtype=np.uint8)
    given = []
    for each in (xml, unnamed):
        with open_stored_network(spec, each, arrays) as network:
            embeddings, maps = network.run(frames)
        given.append((embeddings, maps["embedding"]))
    for named, walked in zip(*given, strict=True):
        np.testing.assert_array_equal(named, walked)


@pytest.mark.parametrize("axes", [b"3.1.2", b"1.1.2", b"1.2.7", b"0.2.3", b"x.y.z"])
def test_a_wrong_name_of_a_map_is_ignored(tiny_backbone: Path, axes: bytes) -> None:
    spec = get_backbone(str(tiny_backbone))
    xml, arrays = graph_bytes(spec, load_weights(spec), None)
    lying = re.sub(rb"map\.embedding\.\d\.\d\.\d", b"map.embedding." + axes, xml)
    assert lying != xml
    with open_stored_network(spec, lying, arrays) as network:
        frames = np.zeros((1, *spec.input_size, 3), np.uint8)
        embeddings, maps = network.run(frames)
    for feature_map in maps.values():
        np.testing.assert_allclose(feature_map.mean(axis=(1, 2)), embeddings, rtol=1e-3, atol=1e-5)


Images = Callable[..., np.ndarray]


def test_a_kept_network_computes_the_same(
    toy_spec: BackboneSpec, toy_weights: Weights, tmp_path: Path, make_images: Images
) -> None:
    images = make_images(toy_spec, 3)
    results = []
    for cache in (None, tmp_path, tmp_path):
        with EngineChoice("openvino", cache=cache).open(toy_spec, toy_weights) as engine:
            results.append(engine.embed(images))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[1], results[2])


def test_the_name_changes_with_all_that_changes_the_network(
    toy_spec: BackboneSpec, toy_weights: Weights
) -> None:
    spec = replace(toy_spec, maps=((16, 7),))
    names = [
        entry_name(toy_spec, toy_weights),
        entry_name(replace(toy_spec, preprocessing="tf"), toy_weights),
        entry_name(replace(toy_spec, input_size=(32, 32)), toy_weights),
        entry_name(toy_spec, replace(toy_weights, digest="0" * 64)),
        *(entry_name(with_levels(spec, [level]), toy_weights) for level in ("16.mean", "16.max")),
    ]
    assert len(set(names)) == len(names)
    assert names[0].startswith(f"toy-{toy_weights.digest[:16]}-")
    assert names[0] == entry_name(toy_spec, replace(toy_weights, path=Path("elsewhere")))


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.slow
def test_another_backend_of_keras_is_refused_in_one_sentence(
    run_python: Run, tmp_path: Path
) -> None:
    code = """
from lusscore.backbones import get_backbone, load_weights, EngineChoice
from lusscore.errors import EngineError
spec = get_backbone("efficientnet_lite0")
try:
    EngineChoice("openvino").open(spec, load_weights(spec))
except EngineError as error:
    print(error)
"""
    ran = run_python(code, KERAS_BACKEND="openvino", KERAS_HOME=str(tmp_path / "keras"))
    assert ran.returncode == 0, ran.stderr
    assert "Keras runs on openvino; unset KERAS_BACKEND or use the engine keras" in ran.stdout


class CountedBuilds:
    """Counts how often the toy network is built for a folder of kept networks."""

    def __init__(self, spec: BackboneSpec, weights: Weights, patch: pytest.MonkeyPatch) -> None:
        self.spec, self.weights, self.times = spec, weights, 0
        real = graphs._keras_graph

        def build(*arguments: Any) -> Any:
            self.times += 1
            return real(*arguments)

        patch.setattr(graphs, "_keras_graph", build)

    def __call__(self, folder: Path | None) -> Any:
        return graphs.network_graph(new_core(), self.spec, self.weights, folder)


@pytest.fixture
def built(
    toy_spec: BackboneSpec, toy_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> CountedBuilds:
    return CountedBuilds(toy_spec, toy_weights, monkeypatch)


def test_the_second_start_reads_what_the_first_kept(built: CountedBuilds, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "cache"
    for _ in range(2):
        graph = built(folder)
        assert graph.inputs[0].partial_shape.to_string() == "[?,32,48,3]"
        assert graph.inputs[0].element_type.to_string() == "u8"
        assert graph.outputs[0].partial_shape.to_string() == "[?,7]"
        assert graph.outputs[0].element_type.to_string() == "f32"
    assert built.times == 1
    (entry,) = (file for file in folder.iterdir() if file.is_dir())
    assert {file.name for file in entry.iterdir()} == {"network.xml", "network.bin", "sha256"}


@pytest.mark.parametrize("name", ["network.xml", "network.bin", "sha256"])
@pytest.mark.parametrize("harm", ["cut", "flip", "remove"])
def test_a_damaged_entry_is_built_anew(
    built: CountedBuilds, tmp_path: Path, name: str, harm: str
) -> None:
    built(tmp_path)
    (file,) = tmp_path.glob(f"*/{name}")
    content = bytearray(file.read_bytes())
    if harm == "remove":
        file.unlink()
    elif harm == "cut":
        file.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 0x01
        file.write_bytes(content)
    for _ in range(2):
        built(tmp_path)
        assert built.times == 2


def test_no_cache_or_one_that_cannot_be_made_costs_time_only(
    built: CountedBuilds, tmp_path: Path
) -> None:
    no_folder = tmp_path / "file"
    no_folder.write_text("a file where a folder is wanted")
    for folder in (None, no_folder, no_folder):
        assert built(folder).outputs[0].partial_shape.to_string() == "[?,7]"
    assert built.times == 3


def test_onnx_files_are_not_kept(save_onnx: SaveOnnx, tmp_path: Path) -> None:
    spec = get_backbone(str(save_onnx()))
    graph = graphs.network_graph(new_core(), spec, load_weights(spec), tmp_path / "graphs")
    assert graph.outputs[0].partial_shape.to_string() == "[?,5]"
    assert not (tmp_path / "graphs").exists()
