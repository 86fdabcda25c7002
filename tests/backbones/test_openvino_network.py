from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from lusscore.backbones import (
    BackboneSpec,
    Engine,
    EngineChoice,
    OpenVINONetwork,
    Weights,
    get_backbone,
    graph_bytes,
    load_weights,
    open_stored_network,
    pooled_layers,
    with_levels,
)
from lusscore.backbones.libraries import import_openvino
from lusscore.backbones.openvino_network import compile_settings
from lusscore.backbones.pooling import pool_map
from lusscore.errors import EngineError

Images = Callable[..., np.ndarray]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

WATCHED = Path(__file__).parent / "watched_embedding.py"


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
        EngineChoice("openvino").open(toy_spec, toy_weights) as openvino,
        EngineChoice("keras").open(toy_spec, toy_weights) as keras,
    ):
        assert_agree(keras.embed(images), openvino.embed(images))


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
        EngineChoice("openvino").open(spec, weights) as openvino,
        EngineChoice("keras").open(spec, weights) as keras,
    ):
        assert_agree(keras.embed(images), openvino.embed(images))


@pytest.mark.slow
def test_embeddings_are_computed_in_float32_and_threads_are_not_tied(lite0_engine: Engine) -> None:
    compiled = lite0_engine._compiled
    assert compiled.get_property("INFERENCE_PRECISION_HINT").to_string() == "f32"
    assert compiled.get_property("ENABLE_CPU_PINNING") is False
    assert lite0_engine.name == "openvino"
    assert lite0_engine.versions == {"openvino": version("openvino")}


def test_unknown_device_lists_those_there_are(lite0: BackboneSpec) -> None:
    with pytest.raises(EngineError, match=r"no device 'abacus'; available are .*CPU"):
        EngineChoice("openvino", device="abacus").open(lite0, load_weights(lite0))


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
    assert list(lite0_cache.glob("*/network.xml"))


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


Images = Callable[..., np.ndarray]
LEVELS = ["32.mean", "32.max", "32.std", "16.top", "16.middle", "16.bottom"]


@pytest.fixture(scope="module")
def levelled(lite0: BackboneSpec) -> BackboneSpec:
    return with_levels(lite0, LEVELS)


@pytest.fixture(scope="module")
def network(levelled: BackboneSpec, lite0_cache: Path) -> Iterator[OpenVINONetwork]:
    """The default backbone with levels of two maps."""
    stored = graph_bytes(levelled, load_weights(levelled), lite0_cache)
    with open_stored_network(levelled, *stored, threads=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def onnx_network() -> Callable[..., OpenVINONetwork]:
    """Open an ONNX file from its bytes."""

    def open_file(path: Path) -> OpenVINONetwork:
        spec = get_backbone(str(path))
        return open_stored_network(spec, *graph_bytes(spec, load_weights(spec), None))

    return open_file


def assert_pooled(spec: BackboneSpec, network: OpenVINONetwork, images: np.ndarray) -> None:
    """Every part is there and is the pooling of its map, to 1e-5 of its largest value."""
    embeddings, maps = network.run(images)
    assert embeddings.shape == (len(images), spec.width)
    for part in pooled_layers(spec):
        given = embeddings[:, part.start : part.stop]
        assert maps[part.map].shape == (len(images), *network.map_shapes[part.map])
        assert maps[part.map].dtype == np.float32
        error = np.abs(pool_map(maps[part.map], part.pooling) - given).max()
        assert error <= 1e-5 * np.abs(given).max(), part.name


@pytest.mark.slow
def test_the_embedding_and_every_level_are_poolings_of_the_maps(
    levelled: BackboneSpec, network: OpenVINONetwork, make_images: Images
) -> None:
    assert network.map_shapes == {
        "embedding": (7, 7, 1280),
        "32": (7, 7, 1280),
        "16": (14, 14, 672),
    }
    assert_pooled(levelled, network, make_images(levelled, 3))


@pytest.mark.slow
def test_rows_of_a_map_are_rows_of_the_image(
    levelled: BackboneSpec, network: OpenVINONetwork, make_images: Images
) -> None:
    plain = make_images(levelled, 1)
    for rows, columns in ((slice(0, 40), slice(0, 224)), (slice(0, 224), slice(180, 224))):
        changed = plain.copy()
        changed[:, rows, columns] = 0
        maps = network.run(np.concatenate([plain, changed]))[1]["16"]
        difference = np.abs(maps[0] - maps[1]).sum(axis=-1)
        cut = difference[:, 7:].sum() if columns.start else difference[:7].sum()
        assert cut > 0.6 * difference.sum()
        row, column = np.unravel_index(difference.argmax(), difference.shape)
        assert column > 8 if columns.start else row < 5


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 7])
def test_what_an_image_gives_depends_on_no_other(
    count: int, levelled: BackboneSpec, network: OpenVINONetwork, make_images: Images
) -> None:
    images = make_images(levelled, count)
    embeddings, maps = network.run(images)
    for row in range(count):
        alone, seen = network.run(images[row : row + 1])
        np.testing.assert_array_equal(alone[0], embeddings[row])
        for name, values in seen.items():
            np.testing.assert_array_equal(values[0], maps[name][row])


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("pooled", [True, False])
def test_maps_of_onnx_files_have_channels_last(
    layout: str,
    pooled: bool,
    save_onnx: Callable[..., Path],
    onnx_network: Callable[..., OpenVINONetwork],
    make_images: Images,
) -> None:
    path = save_onnx(layout=layout, pooled=pooled)
    spec = get_backbone(str(path))
    with onnx_network(path) as opened:
        # half of 16 × 24 pixels
        assert opened.map_shapes == {"embedding": (8, 12, 5)}
        assert_pooled(spec, opened, make_images(spec, 4))


def made_outputs(kind: str, frames: object) -> object:
    """Embeddings of three numbers, of which only the first kind is the mean of a map."""
    ops = import_openvino().opset13
    spatial = ops.constant(np.array([1, 2]))
    feature_map = ops.relu(ops.convert(frames, "f32"))
    mean = ops.reduce_mean(feature_map, spatial, False)
    if kind == "mean":
        return mean
    if kind == "dense":
        return ops.matmul(mean, ops.constant(2 * np.eye(3, dtype=np.float32)), False, False)
    if kind == "squared":
        return ops.power(mean, ops.constant(np.float32(2)))
    if kind == "no number":
        return ops.power(mean, ops.constant(np.float32(1e30)))
    return ops.reduce_max(feature_map, spatial, False)


@pytest.mark.parametrize("kind", ["mean", "dense", "squared", "no number", "largest"])
def test_only_a_mean_over_a_map_has_a_map_of_the_embedding(
    kind: str,
    made: BackboneSpec,
    ir_of: Callable[..., tuple[bytes, bytes]],
    make_images: Images,
) -> None:
    openvino = import_openvino()
    frames = openvino.opset13.parameter([-1, 8, 12, 3], openvino.Type.u8)
    with open_stored_network(made, *ir_of([made_outputs(kind, frames)], [frames])) as opened:
        embeddings, maps = opened.run(make_images(made, 2))
        assert embeddings.shape == (2, 3)
        assert list(maps) == (["embedding"] if kind == "mean" else [])


def test_a_network_that_fails_when_it_runs_is_reported_in_one_sentence(
    made: BackboneSpec, ir_of: Callable[..., tuple[bytes, bytes]]
) -> None:
    openvino = import_openvino()
    ops = openvino.opset13
    frames = ops.parameter([-1, 8, 12, 3], openvino.Type.u8)
    sums = ops.reduce_sum(ops.convert(frames, "i64"), ops.constant(np.array([0, 1, 2, 3])), True)
    # as many rows as the pixels sum up to, which no other array fits
    grown = ops.broadcast(
        ops.constant(np.ones((1, 3), np.float32)),
        ops.concat(
            [ops.reshape(sums, ops.constant(np.array([1])), False), ops.constant(np.array([3]))], 0
        ),
    )
    output = ops.reshape(grown, ops.constant(np.array([1, 3])), False)
    with pytest.raises(EngineError, match="stored network of made"):
        open_stored_network(made, *ir_of([output], [frames]))


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", ["xception", "vgg16"])
def test_maps_of_real_networks_give_their_embedding_and_levels(
    name: str, shared: Path, make_images: Images, tmp_path: Path
) -> None:
    spec = with_levels(get_backbone(name), ["32.std", "16.top"])
    stored = graph_bytes(spec, load_weights(spec, shared / "weights"), None)
    with open_stored_network(spec, *stored) as opened:
        assert set(opened.map_shapes) == {"embedding", "16", "32"}
        assert_pooled(spec, opened, make_images(spec, 2))


def summing_network(streams: int) -> OpenVINONetwork:
    """A real compiled network that sums the pixels of one 2 × 2 image per channel."""
    openvino = import_openvino()
    ops = openvino.opset13
    frames = ops.parameter([1, 2, 2, 3], openvino.Type.u8)
    axes = ops.constant(np.array([1, 2]))
    total = ops.reduce_sum(ops.convert(frames, "f32"), axes, False)
    graph = openvino.Model([total], [frames], "sum")
    spec = BackboneSpec("sum", (2, 2), "none", 3, 0, 0, "registered")
    return OpenVINONetwork(spec, graph, openvino.Core(), threads=streams)


def images_of(count: int, start: int = 0) -> np.ndarray:
    values = np.arange(start, start + count * 12) % 256
    return values.astype(np.uint8).reshape(count, 2, 2, 3)


@pytest.mark.parametrize("streams", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_each_image_gets_its_own_embedding(streams: int, count: int) -> None:
    images = images_of(count)
    found = summing_network(streams).submit(images)()
    np.testing.assert_array_equal(found, images.sum(axis=(1, 2), dtype=np.float32))


def test_results_may_be_fetched_late_and_in_any_order() -> None:
    network = summing_network(2)
    given = [images_of(count, start=17 * count) for count in (3, 1, 6, 2)]
    results = [network.submit(images) for images in given]
    for number in (2, 0, 3, 1):
        expected = given[number].sum(axis=(1, 2), dtype=np.float32)
        np.testing.assert_array_equal(results[number](), expected)


def test_images_may_be_changed_once_they_are_handed_over() -> None:
    network = summing_network(1)
    images = images_of(2)
    expected = images.sum(axis=(1, 2), dtype=np.float32)
    result = network.submit(images)
    images[:] = 0
    np.testing.assert_array_equal(result(), expected)


def test_a_cpu_has_a_stream_for_each_thread_and_other_devices_wait_for_each_result() -> None:
    core = import_openvino().Core()
    assert compile_settings(core, "CPU", 3, "f32") == {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": 3,
        "NUM_STREAMS": 3,
        "ENABLE_CPU_PINNING": False,
    }
    assert compile_settings(core, "CPU", None, "f32")["NUM_STREAMS"] >= 1
    assert compile_settings(core, "GPU", 3, "f16") == {
        "INFERENCE_PRECISION_HINT": "f16",
        "PERFORMANCE_HINT": "LATENCY",
    }
