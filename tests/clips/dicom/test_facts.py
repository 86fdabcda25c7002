import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from lusscore.clips.dicom.facts import frame_rate, frame_times


def cine(**elements: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


@given(st.lists(st.integers(1, 500), min_size=1, max_size=30))
def test_a_vector_of_frame_times_is_summed_up(steps: list[int]) -> None:
    vector = [0, *steps]
    times = frame_times(cine(FrameTimeVector=[str(step) for step in vector]), len(vector))
    assert times == pytest.approx([sum(vector[: end + 1]) / 1000 for end in range(len(vector))])
    assert frame_rate(cine(FrameTimeVector=vector), len(vector)) == pytest.approx(
        len(steps) / (sum(steps) / 1000)
    )


@pytest.mark.parametrize(
    ("elements", "rate"),
    [
        ({"FrameTime": "40"}, 25),
        ({"CineRate": "30"}, 30),
        ({"RecommendedDisplayFrameRate": "20"}, 20),
        ({"FrameTime": "50", "CineRate": "30"}, 20),
        ({"CineRate": "10", "RecommendedDisplayFrameRate": "30"}, 10),
        ({"FrameTime": "0", "CineRate": "30"}, 30),
        # a vector for fewer frames than there are tells nothing of the rest
        ({"FrameTimeVector": ["0", "10"], "FrameTime": "40"}, 25),
        ({"FrameTimeVector": ["0", "-10", "20", "20"], "FrameTime": "40"}, 25),
    ],
)
def test_one_rate_is_found_where_it_stands(elements: dict[str, object], rate: float) -> None:
    dataset = cine(**elements)
    assert frame_times(dataset, 4) == pytest.approx([index / rate for index in range(4)])
    assert frame_rate(dataset, 4) == pytest.approx(rate)


def test_without_a_clock_times_are_nan() -> None:
    assert all(math.isnan(time) for time in frame_times(Dataset(), 3))
    assert math.isnan(frame_rate(Dataset(), 3))
