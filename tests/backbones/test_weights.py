from __future__ import annotations

import hashlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lusscore.backbones import BackboneSpec, get_backbone, load_weights, locate_weights, weights_at
from lusscore.backbones.weights import download_weights
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
    assert found.digest == hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert found.path.stat().st_size < 15e6


def test_the_bundled_file_wins_over_a_folder(lite0: BackboneSpec, tmp_path: Path) -> None:
    place(tmp_path / "efficientnet_lite0.weights.h5")
    assert load_weights(lite0, tmp_path).origin == "bundled"


def test_the_folder_wins_over_what_keras_downloaded(keras_home: Path, tmp_path: Path) -> None:
    spec = get_backbone("xception")
    cached = place(keras_home / "models" / spec.cached_weights, b"from keras")
    assert load_weights(spec).origin == "keras-cache"
    assert locate_weights(spec) == (cached, "keras-cache")
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
    assert locate_weights(spec) == (named, "weights-dir")
    assert locate_weights(spec, given.parent) == (given, "weights-dir")


def test_the_output_of_an_onnx_file_is_part_of_its_digest(tmp_path: Path) -> None:
    file = place(tmp_path / "net.onnx")
    spec = BackboneSpec("net", (32, 32), "torch", 8, 1, None, "onnx", source=str(file))
    plain = load_weights(spec)
    assert (plain.origin, plain.digest) == ("onnx", hashlib.sha256(b"weights").hexdigest())
    assert load_weights(replace(spec, output="features")).digest != plain.digest
    file.unlink()
    with pytest.raises(WeightsError, match=r"Expected the ONNX file .*net\.onnx"):
        load_weights(spec)


def test_missing_weights_are_reported_with_all_ways_out(keras_home: Path, tmp_path: Path) -> None:
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
        weights_at(tmp_path, "weights-dir", lite0)


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A proxy that takes connections and never says a word, as a firewall might."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_network_that_swallows_everything_is_given_up_on(
    silent_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", silent_server)
    monkeypatch.setenv("no_proxy", "")
    before = socket.getdefaulttimeout()
    started = time.monotonic()
    with pytest.raises(WeightsError, match="could not download the weights of mobilenet_v3_small"):
        download_weights(get_backbone("mobilenet_v3_small"), silence=0.5)
    assert time.monotonic() - started < 30
    assert socket.getdefaulttimeout() == before


@pytest.mark.slow
def test_without_a_network_one_message_tells_what_to_do(run_python: Run, tmp_path: Path) -> None:
    code = """
from lusscore.backbones import get_backbone, load_weights
from lusscore.errors import WeightsError
try:
    load_weights(get_backbone("mobilenet_v3_small"))
except WeightsError as error:
    print("told:", error)
"""
    # port 9 discards what it gets where it is open at all; here nothing listens
    ran = run_python(
        code, KERAS_HOME=str(tmp_path / "keras"), https_proxy="http://127.0.0.1:9", no_proxy=""
    )
    assert ran.returncode == 0, ran.stderr
    told = ran.stdout.partition("told: ")[2].strip()
    assert told.count("\n") == 0
    assert told.startswith("Keras could not download the weights of mobilenet_v3_small (")
    assert "mobilenet_v3_small.weights.h5 in a folder given by --weights-dir" in told
    assert "Traceback" not in ran.stdout + ran.stderr
