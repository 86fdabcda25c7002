"""What a backbone sees of a frame: letterboxed, and augmented by a pure function."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clip_maker import moving_bar
from lusscore.clips import Frame
from lusscore.cohort import ExtractionSettings
from lusscore.features import letterbox, make_variants
from lusscore.features.images import Transform, apply_transform, draw_transform

DIGEST = "ab" * 32
STILL = Transform(angle=0, shift=(0, 0), scale=1, flip=False)
FRAME = Frame(3, 0.1, moving_bar(1)[0])
SIDES = st.integers(1, 80)


@given(SIDES, SIDES, SIDES, SIDES)
def test_a_letterboxed_image_has_the_size_asked_for(
    width: int, height: int, rows: int, columns: int
) -> None:
    fitted = letterbox(Image.new("RGB", (width, height)), (rows, columns))
    assert fitted.size == (columns, rows)


@pytest.mark.parametrize(("width", "height"), [(200, 100), (100, 200), (60, 30), (30, 60)])
def test_nothing_is_stretched_and_the_rest_is_black(width: int, height: int) -> None:
    fitted = np.asarray(letterbox(Image.new("RGB", (width, height), "white"), (80, 80)))
    rows, columns = np.nonzero(fitted[..., 0] > 127)
    seen = (np.ptp(columns) + 1) / (np.ptp(rows) + 1)
    assert seen == pytest.approx(width / height, rel=0.05)
    assert (rows.mean(), columns.mean()) == pytest.approx((39.5, 39.5), abs=0.5)
    assert (fitted == 0).any()


def spot(row: int, column: int, size: int = 101) -> np.ndarray:
    image = np.zeros((size, size, 3), dtype=np.uint8)
    image[row - 3 : row + 4, column - 3 : column + 4] = 255
    return image


def find(image: np.ndarray) -> tuple[float, float]:
    light = image[..., 0].astype(float)
    rows, columns = np.indices(light.shape)
    return (rows * light).sum() / light.sum(), (columns * light).sum() / light.sum()


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (STILL, (30, 70)),
        (Transform(0, (0.1, 0), 1, False), (40.1, 70)),
        (Transform(0, (0, -0.2), 1, False), (30, 49.8)),
        (Transform(0, (0, 0), 1.5, False), (20, 80)),
        (Transform(0, (0, 0), 1, True), (30, 30)),
        # 20 above and 20 right of the centre, turned anticlockwise by 90°: above and left
        (Transform(90, (0, 0), 1, False), (30, 30)),
        (Transform(90, (0, 0), 1, True), (70, 30)),
        (Transform(0, (0, 0.1), 1, True), (30, 40.1)),
    ],
)
def test_a_spot_goes_where_it_should(transform: Transform, expected: tuple[float, float]) -> None:
    assert find(apply_transform(spot(30, 70), transform)) == pytest.approx(expected, abs=0.6)


def test_no_change_changes_nothing() -> None:
    np.testing.assert_array_equal(apply_transform(spot(30, 70), STILL), spot(30, 70))


SETTINGS = st.builds(
    ExtractionSettings,
    rotation=st.floats(0, 180),
    shift=st.floats(0, 0.5),
    scale=st.floats(0, 0.9),
    flip=st.booleans(),
    seed=st.integers(0, 2**32),
)


@given(SETTINGS, st.integers(0, 10_000), st.integers(1, 50))
def test_draws_stay_in_their_ranges_and_are_a_pure_function(
    settings: ExtractionSettings, frame: int, variant: int
) -> None:
    drawn = draw_transform(settings, DIGEST, frame, variant)
    assert abs(drawn.angle) <= settings.rotation
    assert max(map(abs, drawn.shift)) <= settings.shift
    assert abs(drawn.scale - 1) <= settings.scale + 1e-12
    assert settings.flip or not drawn.flip
    draw_transform(settings, DIGEST, frame + 1, variant)
    assert draw_transform(settings, DIGEST, frame, variant) == drawn


def test_seed_clip_frame_and_variant_each_give_another_draw() -> None:
    base = ExtractionSettings()
    draws = {
        draw_transform(base, DIGEST, 0, 1),
        draw_transform(base, DIGEST, 0, 2),
        draw_transform(base, DIGEST, 1, 1),
        draw_transform(base, "cd" * 32, 0, 1),
        draw_transform(ExtractionSettings(seed=1), DIGEST, 0, 1),
    }
    assert len(draws) == 5


def test_draws_fill_their_ranges_evenly() -> None:
    settings = ExtractionSettings()
    draws = [draw_transform(settings, DIGEST, frame, 1) for frame in range(2000)]
    assert np.mean([draw.flip for draw in draws]) == pytest.approx(0.5, abs=0.05)
    angles = np.array([draw.angle for draw in draws]) / settings.rotation
    assert angles.mean() == pytest.approx(0, abs=0.05)
    assert angles.std() == pytest.approx(3**-0.5, abs=0.03)


def test_variant_0_is_the_clean_frame_and_the_decoded_frame_is_not_changed() -> None:
    before = FRAME.rgb.copy()
    clean, first, second = make_variants(FRAME, "aa", ExtractionSettings(variants=2), (32, 40))
    np.testing.assert_array_equal(clean, letterbox(Image.fromarray(before), (32, 40)))
    assert not np.array_equal(first, clean)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(FRAME.rgb, before)


@pytest.mark.parametrize("asked", [(0,), (2,), (1, 3), (0, 4)])
def test_a_variant_is_the_same_whichever_others_are_made(asked: tuple[int, ...]) -> None:
    every = make_variants(FRAME, "aa", ExtractionSettings(variants=5), (32, 32))
    few = make_variants(FRAME, "aa", ExtractionSettings(variants=2), (32, 32), asked)
    np.testing.assert_array_equal(few, every[list(asked)])
