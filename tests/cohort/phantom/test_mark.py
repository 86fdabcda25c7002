from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.mark import synthetic_mark


@pytest.mark.parametrize("size", [96, 256, 512])
def test_the_mark_fits_into_the_bottom_left_corner(size: int) -> None:
    rows, columns, pixels = synthetic_mark(size)
    assert pixels.shape == (rows.stop - rows.start, columns.stop - columns.start)
    assert rows.stop < size
    assert rows.start > 0.9 * size
    assert columns.stop < 0.5 * size


def test_the_mark_has_nine_letters_in_one_grey() -> None:
    _, _, pixels = synthetic_mark(128)
    assert set(np.unique(pixels)) == {0, 150}
    gaps = np.flatnonzero(~pixels.any(axis=0))
    assert len(gaps) == 9
