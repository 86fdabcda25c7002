import numpy as np
import pytest

from lusscore.backbones import BackboneSpec, OpenVINONetwork
from lusscore.backbones.openvino_runtime import import_openvino


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
