import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.cohort.extraction import POOLINGS, STRIDES, Level, check_levels
from lusscore.errors import CohortError, InvalidCohortError


def test_settings_read_back_from_their_table() -> None:
    settings = ExtractionSettings(FramesPolicy("every", 5), variants=7, rotation=3.5, flip=False,
                                  levels=("32.max", "16.top"))  # fmt: skip
    assert ExtractionSettings.from_table(settings.as_table()) == settings
    # keys that are left out keep their defaults, and a whole number will do for a fraction
    assert ExtractionSettings.from_table({"rotation": 5}) == ExtractionSettings(rotation=5.0)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("variants", -1, "a whole number from 0"),
        ("variants", 2.5, "a whole number"),
        ("variants", True, "a whole number"),
        ("rotation", 200, "degrees from 0 to 180"),
        ("rotation", "ten", "expected a number"),
        ("shift", 0.9, "a fraction from 0 to 0.5"),
        ("scale", 1.0, "a fraction from 0 to 0.9"),
        ("flip", "yes", "true or false"),
        ("dtype", "float64", "one of float16, float32"),
        ("sector", "auto", "one of none"),
        ("frames", "few", "expected all"),
        ("levels", "16.mean", "a list of texts"),
        ("levels", [16], "a list of texts"),
        ("levels", ["16.mean", "3.mean"], "levels: has '3.mean'; expected STRIDE.POOLING"),
        ("levels", ["16.mean", "16.mean"], "'16.mean' twice"),
        ("colour", "red", "colour: is unknown; expected any of frames, repeated"),
    ],
)
def test_what_is_not_allowed_gets_a_sentence(key: str, value: object, expected: str) -> None:
    with pytest.raises(CohortError, match=expected):
        ExtractionSettings.from_table({key: value})


def test_contrast_is_measured_inside_a_sector() -> None:
    with pytest.raises(CohortError, match="contrast: .clahe. is not allowed; expected none where"):
        ExtractionSettings(sector="none", contrast="clahe")
    assert ExtractionSettings(contrast="clahe").as_table()["contrast"] == "clahe"


def test_everything_that_is_wrong_with_a_table_is_named_at_once() -> None:
    table = {"variants": 2.5, "rotation": 999.0, "sector": "fan", "seed": -1, "colour": "red",
             "frames": "some", "flip": 1, "levels": ["5.max"]}  # fmt: skip
    with pytest.raises(InvalidCohortError) as caught:
        ExtractionSettings.from_table(table)
    told = {problem.where for problem in caught.value.problems}
    assert told == set(table)


POLICIES = st.one_of(
    st.just("all"),
    st.builds("every:{}".format, st.integers(1, 50)),
    st.builds("per-clip:{}".format, st.integers(1, 50)),
    st.builds("per-second:{}".format, st.integers(1, 50)),
)


@given(POLICIES, st.integers(0, 300))
def test_selected_frames_increase_and_are_in_the_clip(text: str, frames: int) -> None:
    policy = FramesPolicy.parse(text)
    assert str(policy) == text
    chosen = policy.select(frames)
    if policy.kind == "per-clip":
        assert len(chosen) == min(policy.n, frames)
    assert (np.diff(chosen) > 0).all()
    assert ((chosen >= 0) & (chosen < frames)).all()
    assert bool(len(chosen)) == bool(frames)


@pytest.mark.parametrize("kind", ["every", "per-clip", "per-second"])
def test_a_number_that_no_clip_needs_is_refused_and_a_large_one_is_not(kind: str) -> None:
    for digits in (10, 30, 5000):
        with pytest.raises(CohortError, match="a whole number n from 1 to 999999999"):
            FramesPolicy.parse(f"{kind}:{'9' * digits}")
    assert len(FramesPolicy.parse(f"{kind}:{'9' * 9}").select(7, np.arange(7.0))) > 0


def test_frames_per_clip_are_spread_evenly() -> None:
    assert FramesPolicy.parse("per-clip:4").select(100).tolist() == [12, 37, 62, 87]
    assert FramesPolicy.parse("every:3").select(8).tolist() == [0, 3, 6]


@given(st.integers(1, 40), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_per_second_gives_one_frame_for_every_slot_that_has_any(n: int, gaps: list[float]) -> None:
    times = np.cumsum([0.0, *gaps])
    chosen = FramesPolicy("per-second", n).select(len(times), times)
    slots = np.floor((times + 1e-4) * n)
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(slots[chosen], np.unique(slots))
    assert chosen[0] == 0


def test_frames_per_second_follow_the_clock_and_not_the_number() -> None:
    regular = FramesPolicy.parse("per-second:5").select(50, np.arange(50) / 25)
    assert regular.tolist() == list(range(0, 50, 5))
    slow_then_fast = np.array([0.0, 0.4, 0.8, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    assert FramesPolicy.parse("per-second:2").select(9, slow_then_fast).tolist() == [0, 2, 3, 8]


def test_a_clip_without_a_clock_gives_all_frames_per_second() -> None:
    policy = FramesPolicy.parse("per-second:1")
    assert policy.select(4).tolist() == [0, 1, 2, 3]
    assert policy.select(4, np.full(4, np.nan)).tolist() == [0, 1, 2, 3]


def test_a_clock_that_runs_back_shows_no_moment_twice() -> None:
    times = np.array([0.0, 1.0, 0.5, 1.2, 2.0])
    assert FramesPolicy.parse("per-second:1").select(5, times).tolist() == [0, 1, 4]


@pytest.mark.parametrize("text", ["", "some", "every:0", "per-clip:-1", "per-clip", "every:1.5"])
def test_anything_else_gets_a_sentence(text: str) -> None:
    with pytest.raises(CohortError, match="expected all, every:n, per-clip:n or per-second:n"):
        FramesPolicy.parse(text)


ALL = tuple(f"{stride}.{pooling}" for stride in STRIDES for pooling in POOLINGS)


def test_every_stride_goes_with_every_pooling() -> None:
    assert check_levels(ALL) == ""
    assert Level.parse("16.top") == Level(16, "top")


@pytest.mark.parametrize(
    "name", ["", "16", "16.", ".mean", "mean.16", "2.mean", "16.median", "16.mean.max", "016.mean"]
)
def test_a_bad_name_is_refused_with_all_that_is_allowed(name: str) -> None:
    told = check_levels(("32.max", name))
    assert repr(name) in told
    assert "32, 16, 8, 4" in told
    assert "mean, max, top, middle, bottom, std" in told
