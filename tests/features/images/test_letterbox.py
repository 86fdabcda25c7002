import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lusscore.features.images.letterbox import letterbox

SIDES = st.integers(1, 80)


@given(SIDES, SIDES, SIDES, SIDES)
def test_the_result_has_the_size_asked_for(width: int, height: int, h: int, w: int) -> None:
    assert letterbox(Image.new("RGB", (width, height)), (h, w)).size == (w, h)


@pytest.mark.parametrize(("width", "height"), [(200, 100), (100, 200), (60, 30), (30, 60)])
def test_nothing_is_stretched(width: int, height: int) -> None:
    fitted = np.asarray(letterbox(Image.new("RGB", (width, height), (255, 255, 255)), (80, 80)))
    rows, columns = np.nonzero(fitted[..., 0] > 127)
    seen = (np.ptp(columns) + 1) / (np.ptp(rows) + 1)
    assert seen == pytest.approx(width / height, rel=0.05)
    # centred, the rest black
    assert abs(rows.mean() - 39.5) <= 0.5
    assert abs(columns.mean() - 39.5) <= 0.5
    assert (fitted == 0).any()


def test_a_circle_stays_a_circle() -> None:
    y, x = np.mgrid[:300, :500]
    disc = (((x - 250) ** 2 + (y - 150) ** 2) < 100**2).astype(np.uint8) * 255
    fitted = np.asarray(letterbox(Image.fromarray(disc).convert("RGB"), (224, 224)))[..., 0] > 127
    rows, columns = np.nonzero(fitted)
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=1)
