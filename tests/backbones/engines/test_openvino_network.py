from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lusscore.backbones import (
    BackboneSpec,
    Engine,
    OpenVINONetwork,
    get_backbone,
    graph_bytes,
    load_weights,
    open_stored_network,
    pooled_parts,
    with_levels,
)
from lusscore.backbones.map_pooling import pool_map
from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.errors import EngineError

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
    for part in pooled_parts(spec):
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
def test_embeddings_are_those_of_the_engine(
    lite0: BackboneSpec, lite0_engine: Engine, network: OpenVINONetwork, make_images: Images
) -> None:
    images = make_images(lite0, 3)
    expected = lite0_engine.embed(images)
    found = network.run(images)[0][:, : lite0.width]
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


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


@pytest.mark.slow
def test_results_may_be_fetched_late_and_in_any_order(
    levelled: BackboneSpec, network: OpenVINONetwork, make_images: Images
) -> None:
    given = [make_images(levelled, count, seed=count) for count in (3, 1, 2)]
    results = [network.submit(images) for images in given]
    found = {number: results[number]() for number in (1, 2, 0)}
    for number, images in enumerate(given):
        embeddings, _ = network.run(images)
        np.testing.assert_array_equal(found[number], embeddings)


@pytest.mark.slow
def test_frames_of_another_size_are_refused(network: OpenVINONetwork) -> None:
    with pytest.raises(ValueError, match="takes uint8 images of shape"):
        network.run(np.zeros((1, 32, 32, 3), np.uint8))


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


def test_the_tiny_backbone_of_other_tests_has_a_map(
    tiny_backbone: Path, onnx_network: Callable[..., OpenVINONetwork], make_images: Images
) -> None:
    spec = get_backbone(str(tiny_backbone))
    with onnx_network(tiny_backbone) as opened:
        assert_pooled(spec, opened, make_images(spec, 2))


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


def test_a_network_that_fails_when_it_runs_is_told_in_one_sentence(
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
