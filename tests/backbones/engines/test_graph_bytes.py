from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from lusscore.backbones import (
    BackboneSpec,
    Weights,
    get_backbone,
    graph_bytes,
    load_weights,
    open_engine,
    open_stored_network,
)
from lusscore.errors import BackboneError, EngineError, WeightsError

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
    with open_engine("openvino", spec, weights) as engine:
        expected = engine.embed(images)
    with open_stored_network(spec, *graph_bytes(spec, weights, None)) as network:
        np.testing.assert_allclose(network.run(images)[0], expected, rtol=2e-6)


def test_any_number_of_frames_is_left_open(toy_spec: BackboneSpec, toy_weights: Weights) -> None:
    xml, _ = graph_bytes(toy_spec, toy_weights, None)
    assert b'shape="?,32,48,3"' in xml


def test_a_file_fixed_to_more_images_is_opened_for_one(
    save_onnx: SaveOnnx, make_images: Images
) -> None:
    spec = get_backbone(str(save_onnx(batch=4)))
    with open_stored_network(spec, *graph_bytes(spec, load_weights(spec), None)) as network:
        assert network.run(make_images(spec, 3))[0].shape == (3, 5)


def test_weights_that_do_not_fit_are_told(toy_spec: BackboneSpec, lite0: BackboneSpec) -> None:
    with pytest.raises(WeightsError, match="toy"):
        graph_bytes(toy_spec, load_weights(lite0), None)


def test_a_backbone_that_is_not_registered_is_told(
    lite0: BackboneSpec, toy_weights: Weights
) -> None:
    with pytest.raises(BackboneError, match="'nowhere' is not registered"):
        graph_bytes(replace(lite0, name="nowhere"), toy_weights, None)


def test_a_network_that_could_not_be_read_again_is_told_when_it_is_made(
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
def test_a_name_that_lies_is_not_believed(tiny_backbone: Path, axes: bytes) -> None:
    spec = get_backbone(str(tiny_backbone))
    xml, arrays = graph_bytes(spec, load_weights(spec), None)
    lying = re.sub(rb"map\.embedding\.\d\.\d\.\d", b"map.embedding." + axes, xml)
    assert lying != xml
    with open_stored_network(spec, lying, arrays) as network:
        frames = np.zeros((1, *spec.input_size, 3), np.uint8)
        embeddings, maps = network.run(frames)
    for feature_map in maps.values():
        np.testing.assert_allclose(feature_map.mean(axis=(1, 2)), embeddings, rtol=1e-3, atol=1e-5)
