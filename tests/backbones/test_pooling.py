from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lusscore.backbones import Layer, attribute, get_backbone
from lusscore.backbones.keras_network import pool_level
from lusscore.backbones.libraries import import_keras
from lusscore.backbones.pooling import band_rows, pool_map
from lusscore.cohort.extraction import BANDS, POOLINGS


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("rows", [3, 4, 5, 7, 10, 14])
def test_arrays_are_pooled_as_levels_are_inside_a_network(pooling: str, rows: int) -> None:
    feature_map = np.random.default_rng(rows).normal(size=(2, rows, 4, 6)).astype(np.float32)
    spec = get_backbone("efficientnet_lite0")
    expected = np.asarray(pool_level(import_keras(), feature_map, spec, f"32.{pooling}"))
    found = pool_map(feature_map, pooling)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rows", range(3, 40))
def test_bands_share_the_rows_among_them(rows: int) -> None:
    seen = [row for band in BANDS for row in range(rows)[band_rows(band, rows)]]
    assert seen == list(range(rows))


def test_a_map_of_two_rows_has_no_bands() -> None:
    with pytest.raises(ValueError, match="2 rows has no band 'middle'"):
        pool_map(np.zeros((1, 2, 5, 1)), "middle")
    np.testing.assert_array_equal(pool_map(np.ones((1, 2, 5, 1)), "mean"), [[1.0]])


def part(pooling: str) -> Layer:
    return Layer(f"16.{pooling}", "16", pooling, 0, 1)


# few distinct numbers make ties and flat maps; the others rounding
NUMBERS = st.one_of(
    st.sampled_from([-1.0, 0.0, 2.0]), st.floats(-1e4, 1e4, allow_subnormal=False, width=32)
)
SHAPES = st.tuples(st.integers(1, 2), st.integers(3, 8), st.integers(1, 4), st.integers(1, 3))


@pytest.mark.parametrize("pooling", POOLINGS)
@given(data=st.data())
def test_the_mean_over_places_is_what_the_weights_make_of_the_pooled_map(
    pooling: str, data: st.DataObject
) -> None:
    shape = data.draw(SHAPES)
    feature_map = data.draw(arrays(np.float32, shape, elements=NUMBERS))
    weights = data.draw(arrays(np.float64, (shape[-1], 2), elements=NUMBERS))
    found = attribute(part(pooling), feature_map, weights)
    assert found.shape == (*shape[:3], 2)
    expected = pool_map(feature_map, pooling) @ weights
    scale = np.abs(feature_map).max() * np.abs(weights).sum() + 1e-9
    np.testing.assert_allclose(found.mean(axis=(1, 2)), expected, atol=1e-11 * scale)


def test_a_band_owes_nothing_to_rows_outside_it() -> None:
    found = attribute(part("bottom"), np.ones((1, 6, 2, 1)), np.array([[2.0]]))[0, :, :, 0]
    np.testing.assert_array_equal(found, [[0, 0]] * 4 + [[6, 6]] * 2)


def test_the_largest_value_counts_where_it_stands_and_ties_in_equal_shares() -> None:
    feature_map = np.array([[5, 1], [5, 0], [2, 3]], np.float32).reshape(1, 3, 2, 1)
    found = attribute(part("max"), feature_map, np.array([[1.0]]))[0, :, :, 0]
    np.testing.assert_array_equal(found, [[15, 0], [15, 0], [0, 0]])


def test_deviation_counts_where_a_channel_differs_from_its_mean() -> None:
    feature_map = np.array([0, 0, 0, 4], np.float32).reshape(1, 4, 1, 1)
    found = attribute(part("std"), feature_map, np.array([[1.0]])).ravel()
    np.testing.assert_allclose(found, np.array([1, 1, 1, 9]) / np.sqrt(3))


def test_a_flat_map_has_no_deviation_to_spread() -> None:
    found = attribute(part("std"), np.full((1, 3, 3, 2), 7.0), np.ones((2, 1)))
    np.testing.assert_array_equal(found, np.zeros((1, 3, 3, 1)))


def test_weights_of_another_number_of_channels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(1, 3, 3, 2\) and weights of shape \(3, 1\)"):
        attribute(part("mean"), np.zeros((1, 3, 3, 2)), np.zeros((3, 1)))
