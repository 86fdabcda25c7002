from __future__ import annotations

import numpy as np
import pytest

from lusscore.backbones import get_backbone
from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.levels import pool_level
from lusscore.backbones.map_pooling import band_rows, pool_map
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
