import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import ExtractionSettings
from lusscore.features.images.augmentation import Transform, apply_transform, draw_transform

DIGEST = "ab" * 32
STILL = Transform(angle=0, shift=(0, 0), scale=1, flip=False)


def spot(row: int, column: int, size: int = 101) -> np.ndarray:
    image = np.zeros((size, size, 3), dtype=np.uint8)
    image[row - 3 : row + 4, column - 3 : column + 4] = 255
    return image


def find(image: np.ndarray) -> tuple[float, float]:
    light = image[..., 0].astype(float)
    rows, columns = np.indices(light.shape)
    return (rows * light).sum() / light.sum(), (columns * light).sum() / light.sum()


def test_no_change_changes_nothing() -> None:
    image = spot(30, 70)
    np.testing.assert_array_equal(apply_transform(image, STILL), image)


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
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


SETTINGS = st.builds(
    ExtractionSettings,
    rotation=st.floats(0, 180),
    shift=st.floats(0, 0.5),
    scale=st.floats(0, 0.9),
    flip=st.booleans(),
    seed=st.integers(0, 2**32),
)


@given(SETTINGS, st.integers(0, 10_000), st.integers(1, 50))
def test_draws_stay_in_their_ranges(settings: ExtractionSettings, frame: int, variant: int) -> None:
    drawn = draw_transform(settings, DIGEST, frame, variant)
    assert abs(drawn.angle) <= settings.rotation
    assert max(map(abs, drawn.shift)) <= settings.shift
    assert abs(drawn.scale - 1) <= settings.scale + 1e-12
    assert settings.flip or not drawn.flip


@given(SETTINGS, st.integers(0, 1000), st.integers(1, 9))
def test_a_draw_is_a_pure_function_of_seed_clip_frame_and_variant(
    settings: ExtractionSettings, frame: int, variant: int
) -> None:
    drawn = draw_transform(settings, DIGEST, frame, variant)
    draw_transform(settings, DIGEST, frame + 1, variant)
    assert draw_transform(settings, DIGEST, frame, variant) == drawn


def test_every_part_of_the_key_matters() -> None:
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
