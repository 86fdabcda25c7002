from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.backbones import BackboneSpec
from lusscore.backbones.engines.engine import MAXIMUM_BATCH, embed_in_batches

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


def test_no_images_are_refused() -> None:
    with pytest.raises(ValueError, match="no images"):
        embed_in_batches(SPEC, images_of(3)[:0], sums)
