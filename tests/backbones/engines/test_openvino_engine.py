from __future__ import annotations

import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from lusscore.backbones import (
    BackboneSpec,
    Engine,
    Weights,
    get_backbone,
    load_weights,
    open_engine,
)
from lusscore.backbones.keras_runtime import import_keras
from lusscore.errors import EngineError

Images = Callable[..., np.ndarray]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

WATCHED = Path(__file__).parents[1] / "watched_embedding.py"


def assert_agree(first: np.ndarray, second: np.ndarray) -> None:
    """To 1e-5 of the largest value."""
    assert np.abs(first - second).max() <= 1e-5 * np.abs(first).max()


@pytest.mark.slow
def test_any_number_of_images_gives_the_same_embeddings(
    lite0: BackboneSpec, lite0_engine: Engine, make_images: Images
) -> None:
    images = make_images(lite0, 19)
    before = images.copy()
    images.flags.writeable = False
    together = lite0_engine.embed(images)
    alone = np.concatenate([lite0_engine.embed(image[None]) for image in images])
    assert together.shape == (19, 1280)
    assert together.dtype == np.float32
    np.testing.assert_allclose(alone, together, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(images, before)


@pytest.mark.slow
def test_results_of_earlier_calls_stay(
    lite0: BackboneSpec, lite0_engine: Engine, make_images: Images
) -> None:
    first = lite0_engine.embed(make_images(lite0, 1, seed=1))
    kept = first.copy()
    lite0_engine.embed(make_images(lite0, 1, seed=2))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.slow
def test_frames_need_not_be_contiguous(
    lite0: BackboneSpec, lite0_engine: Engine, make_images: Images
) -> None:
    images = make_images(lite0, 2)
    mirrored = images[:, :, ::-1]
    np.testing.assert_array_equal(lite0_engine.embed(mirrored), lite0_engine.embed(mirrored.copy()))


def test_agrees_with_keras_on_a_network_without_pooling(
    toy_spec: BackboneSpec, toy_weights: Weights, make_images: Images
) -> None:
    images = make_images(toy_spec, 5)
    with (
        open_engine("openvino", toy_spec, toy_weights) as openvino,
        open_engine("keras", toy_spec, toy_weights) as keras,
    ):
        assert_agree(keras.embed(images), openvino.embed(images))


@pytest.mark.slow
def test_agrees_with_keras_on_resnet50_with_random_weights(
    tmp_path: Path, make_images: Images
) -> None:
    keras = import_keras()
    keras.utils.set_random_seed(0)
    network = keras.applications.ResNet50(weights=None, include_top=False)
    network.save_weights(tmp_path / "resnet50.weights.h5")
    spec = get_backbone("resnet50")
    weights = load_weights(spec, tmp_path)
    images = make_images(spec, 2)
    with (
        open_engine("openvino", spec, weights) as fast,
        open_engine("keras", spec, weights) as reference,
    ):
        assert_agree(reference.embed(images), fast.embed(images))


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", ["xception", "vgg16"])
def test_agrees_with_keras_on_real_weights(
    name: str, shared_weights: Path, make_images: Images
) -> None:
    spec = get_backbone(name)
    weights = load_weights(spec, shared_weights)
    images = make_images(spec, 2)
    with (
        open_engine("openvino", spec, weights) as openvino,
        open_engine("keras", spec, weights) as keras,
    ):
        assert_agree(keras.embed(images), openvino.embed(images))


@pytest.mark.slow
def test_the_number_of_threads_changes_no_embedding(
    lite0: BackboneSpec, lite0_engine: Engine, lite0_cache: Path, make_images: Images
) -> None:
    images = make_images(lite0, 3)
    weights = load_weights(lite0)
    with open_engine("openvino", lite0, weights, threads=1, cache=lite0_cache) as single:
        np.testing.assert_allclose(
            single.embed(images), lite0_engine.embed(images), rtol=1e-5, atol=1e-6
        )


@pytest.mark.slow
def test_embeddings_are_computed_in_float32_and_threads_are_not_tied(lite0_engine: Engine) -> None:
    compiled = lite0_engine._compiled
    assert compiled.get_property("INFERENCE_PRECISION_HINT").to_string() == "f32"
    assert compiled.get_property("ENABLE_CPU_PINNING") is False


@pytest.mark.slow
def test_versions_name_openvino(lite0_engine: Engine) -> None:
    assert lite0_engine.name == "openvino"
    assert lite0_engine.versions == {"openvino": version("openvino")}


def test_unknown_device_lists_those_there_are(lite0: BackboneSpec) -> None:
    with pytest.raises(EngineError, match=r"no device 'abacus'; available are .*CPU"):
        open_engine("openvino", lite0, load_weights(lite0), device="abacus")


@pytest.mark.slow
def test_building_a_network_opens_no_connection_and_leaves_the_home_folder_alone(
    lite0_build_report: list[str], lite0_cache: Path
) -> None:
    folder = lite0_cache.parent
    *events, loaded = lite0_build_report
    assert loaded == "tensorflow loaded: True"
    assert [event for event in events if event.startswith("socket.")] == []
    assert list((folder / "home").iterdir()) == []
    written = [event.split(" ", 1)[1] for event in events if event.startswith(("open", "os.mkdir"))]
    inside = (str(folder), "/dev/")
    assert [path for path in written if not path.startswith(inside)] == []
    # other tests keep networks of other levels there
    assert list(lite0_cache.glob("*.xml"))


@pytest.mark.slow
@pytest.mark.usefixtures("lite0_build_report")
def test_a_kept_network_runs_without_tensorflow_a_connection_or_a_file(
    lite0_cache: Path, run_python: Run, tmp_path: Path
) -> None:
    ran = run_python(WATCHED.read_text("utf-8"), lite0_cache)
    assert ran.returncode == 0, ran.stderr
    *events, loaded = ran.stdout.splitlines()
    assert loaded == "tensorflow loaded: False"
    # the lock is taken anew, and the folder of the cache made sure of
    expected = (f"os.mkdir {lite0_cache}", f"open {lite0_cache}")
    assert [event for event in events if not event.startswith(expected)] == []
    assert all(event.endswith((".lock", lite0_cache.name)) for event in events)
    assert list((tmp_path / "home").iterdir()) == []
