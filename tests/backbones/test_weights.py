from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from lusscore.backbones import BackboneSpec, find_weights, get_backbone, load_weights, weights
from lusscore.errors import WeightsError


@pytest.fixture
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "keras"
    (home / "models").mkdir(parents=True)
    monkeypatch.setenv("KERAS_HOME", str(home))
    return home


def place(path: Path, content: bytes = b"weights") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_default_backbone_is_bundled_and_needs_nothing(lite0: BackboneSpec) -> None:
    found = load_weights(lite0, download=False)
    assert found.origin == "bundled"
    assert found.path == find_weights(lite0)
    assert found.digest == hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert found.path.stat().st_size < 15e6


def test_the_bundled_file_wins_over_a_folder(lite0: BackboneSpec, tmp_path: Path) -> None:
    place(tmp_path / "efficientnet_lite0.weights.h5")
    assert load_weights(lite0, tmp_path).origin == "bundled"


def test_the_folder_wins_over_what_keras_downloaded(keras_home: Path, tmp_path: Path) -> None:
    spec = get_backbone("xception")
    cached = place(keras_home / "models" / spec.cached_weights, b"from keras")
    assert load_weights(spec).origin == "keras-cache"
    assert find_weights(spec) == cached
    given = place(tmp_path / "given" / "xception.weights.h5", b"given")
    found = load_weights(spec, given.parent)
    assert (found.path, found.origin) == (given, "weights-dir")
    assert found.digest == hashlib.sha256(b"given").hexdigest()


def test_the_environment_stands_in_for_a_folder_that_is_not_given(
    keras_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = get_backbone("vgg16")
    named = place(tmp_path / "named" / "vgg16.weights.h5")
    given = place(tmp_path / "given" / "vgg16.weights.h5")
    monkeypatch.setenv("LUSSCORE_WEIGHTS", str(named.parent))
    assert find_weights(spec) == named
    assert find_weights(spec, given.parent) == given


def test_nothing_is_found_where_nothing_is(keras_home: Path, tmp_path: Path) -> None:
    assert find_weights(get_backbone("resnet50"), tmp_path) is None


def test_the_digest_follows_the_bytes(tmp_path: Path) -> None:
    spec = get_backbone("resnet50")
    file = place(tmp_path / "resnet50.weights.h5", b"one")
    first = load_weights(spec, tmp_path).digest
    file.write_bytes(b"two")
    assert load_weights(spec, tmp_path).digest != first


def test_the_output_of_an_onnx_file_is_part_of_its_digest(tmp_path: Path) -> None:
    file = place(tmp_path / "net.onnx")
    spec = BackboneSpec("net", (32, 32), "torch", 8, 1, None, "onnx", source=str(file))
    plain = load_weights(spec)
    assert (plain.origin, plain.digest) == ("onnx", hashlib.sha256(b"weights").hexdigest())
    assert load_weights(replace(spec, output="features")).digest != plain.digest
    file.unlink()
    with pytest.raises(WeightsError, match=r"Expected the ONNX file .*net\.onnx"):
        load_weights(spec)


def test_missing_weights_are_told_with_all_ways_out(keras_home: Path, tmp_path: Path) -> None:
    spec = get_backbone("mobilenet_v2")
    with pytest.raises(WeightsError) as caught:
        load_weights(spec, download=False)
    message = str(caught.value)
    assert "mobilenet_v2.weights.h5" in message
    assert "--weights-dir" in message
    assert "LUSSCORE_WEIGHTS" in message
    assert "keras.applications.MobileNetV2(include_top=False).save_weights(" in message
    assert "efficientnet_lite0 needs no file" in message
    with pytest.raises(WeightsError) as caught:
        load_weights(spec, tmp_path, download=False)
    assert f"Put them at {tmp_path / 'mobilenet_v2.weights.h5'}" in str(caught.value)


def test_a_registered_backbone_without_weights_gets_no_keras_recipe(
    toy_spec: BackboneSpec,
) -> None:
    with pytest.raises(WeightsError) as caught:
        load_weights(toy_spec)
    assert "keras" not in str(caught.value)


def test_a_file_that_cannot_be_opened_is_named(lite0: BackboneSpec, tmp_path: Path) -> None:
    # a folder fails for every user, as a file without read permission does for most
    with pytest.raises(WeightsError, match=r"cannot be read \(.+\); check its permissions"):
        weights._digest(tmp_path, lite0)
