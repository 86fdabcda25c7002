import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import Span
from lusscore.cohort.frame_range import find_overlaps, read_frame_range


def read(**cells: str) -> tuple[tuple[int, int | None], list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    return read_frame_range(cells, lambda column, what: told.append((column, what))), told


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({}, (0, None)),
        ({"frame_start": "", "frame_end": ""}, (0, None)),
        ({"frame_start": "3"}, (3, None)),
        ({"frame_start": "3", "frame_end": "9"}, (3, 9)),
        ({"frame_end": "1"}, (0, 1)),
    ],
)
def test_either_end_may_be_missing(cells: dict[str, str], found: tuple[int, int | None]) -> None:
    assert read(**cells) == (found, [])


@pytest.mark.parametrize("cell", ["-1", "x", "1.5", "²", "٣", "9" * 5000])
def test_what_is_no_frame_number_is_noted(cell: str) -> None:
    (_, told) = read(frame_end=cell)
    assert [column for column, _ in told] == ["frame_end"]
    assert "expected a frame number" in told[0][1]


def test_an_end_that_is_not_above_the_start_is_noted() -> None:
    (_, told) = read(frame_start="4", frame_end="4")
    assert told == [("frame_end", "4 is not above frame_start 4; the end is exclusive")]


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.integers(1, 4) | st.none()),
        max_size=6,
    )
)
def test_overlaps_are_found_exactly_where_a_frame_is_in_two_rows(
    rows: list[tuple[str, int, int | None]],
) -> None:
    spans = [
        Span(clip, "p", "1", "", 1, start, None if length is None else start + length)
        for clip, start, length in rows
    ]
    frames = [
        (span.clip, frame)
        for span in spans
        for frame in range(span.frame_start, 20 if span.frame_end is None else span.frame_end)
    ]
    found = find_overlaps(enumerate(spans, start=2), lambda span: span.clip, "clip")
    assert bool(found) == (len(frames) != len(set(frames)))
