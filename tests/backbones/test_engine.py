from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.backbones import (
    BackboneSpec,
    EngineChoice,
    check_precision,
    get_backbone,
    load_weights,
    register_engine,
)
from lusscore.backbones.engine import MAXIMUM_BATCH, embed_in_batches
from lusscore.errors import EngineError

SPEC = BackboneSpec("sum", (2, 2), "none", 1, 0, 0, "registered")


def images_of(count: int) -> np.ndarray:
    return np.arange(count * 12, dtype=np.uint8).reshape(count, 2, 2, 3)


def sums(images: np.ndarray) -> np.ndarray:
    return images.sum(axis=(1, 2, 3), dtype=np.float32)[:, None]


@given(
    count=st.integers(1, 70),
    sizes=st.none() | st.sets(st.integers(1, 20), min_size=1).map(lambda s: tuple(sorted(s))),
)
def test_any_division_into_batches_gives_each_image_its_own_embedding(
    count: int, sizes: tuple[int, ...] | None
) -> None:
    seen = []

    def compute(images: np.ndarray) -> np.ndarray:
        seen.append(len(images))
        return sums(images)

    embeddings = embed_in_batches(SPEC, images_of(count), compute, sizes=sizes)
    np.testing.assert_array_equal(embeddings, sums(images_of(count)))
    assert embeddings.dtype == np.float32
    if sizes is None:
        assert max(seen) <= MAXIMUM_BATCH
    else:
        assert set(seen) <= set(sizes)


@pytest.mark.parametrize(
    "images",
    [
        images_of(3).astype(np.float32),
        images_of(3)[0],
        np.zeros((3, 2, 3, 3), np.uint8),
        np.zeros((3, 2, 2, 1), np.uint8),
    ],
)
def test_other_types_and_shapes_are_refused(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match="takes uint8 images of shape"):
        embed_in_batches(SPEC, images, sums)
    with pytest.raises(ValueError, match="no images"):
        embed_in_batches(SPEC, images_of(3)[:0], sums)


def test_unknown_engine_lists_the_registered_ones() -> None:
    with pytest.raises(EngineError, match="'tensorrt'; expected one of keras, openvino"):
        EngineChoice("tensorrt")


def test_a_name_cannot_be_registered_twice() -> None:
    with pytest.raises(EngineError, match="'keras' is registered twice"):
        register_engine("keras")(lambda *_, **__: None)


def test_an_unknown_precision_is_refused_and_int8_with_the_reason() -> None:
    with pytest.raises(EngineError, match="'f64'; expected f32, bf16, f16"):
        check_precision("f64")
    with pytest.raises(EngineError, match="scales have to be fitted to sample frames"):
        check_precision("int8")


@pytest.mark.slow
def test_bf16_is_close_where_the_processor_has_it_and_refused_where_not() -> None:
    from lusscore.backbones.libraries import import_openvino

    spec = get_backbone("efficientnet_lite0")
    weights = load_weights(spec)
    able = import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if "BF16" not in able:
        with pytest.raises(EngineError, match="does not compute in bf16"):
            EngineChoice("openvino", precision="bf16").open(spec, weights)
        return
    images = np.random.default_rng(0).integers(0, 256, (4, 224, 224, 3), dtype=np.uint8)
    with (
        EngineChoice("openvino").open(spec, weights) as full,
        EngineChoice("openvino", precision="bf16").open(spec, weights) as half,
    ):
        reference, found = full.embed(images), half.embed(images)
    assert found.dtype == np.float32
    cosine = (reference * found).sum(1) / np.linalg.norm(reference, axis=1)
    cosine /= np.linalg.norm(found, axis=1)
    assert (cosine > 0.99).all()
    assert (reference != found).any()


@pytest.mark.slow
def test_keras_computes_in_bf16_and_leaves_its_settings_as_they_were() -> None:
    from lusscore.backbones.libraries import import_keras

    keras = import_keras()
    spec = get_backbone("efficientnet_lite0")
    weights = load_weights(spec)
    images = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    with (
        EngineChoice("keras").open(spec, weights) as full,
        EngineChoice("keras", precision="bf16").open(spec, weights) as half,
    ):
        reference, found = full.embed(images), half.embed(images)
    assert keras.config.dtype_policy().name == "float32"
    assert found.dtype == np.float32
    cosine = (reference * found).sum(1) / np.linalg.norm(reference, axis=1)
    assert (cosine / np.linalg.norm(found, axis=1) > 0.99).all()
    assert (reference != found).any()
