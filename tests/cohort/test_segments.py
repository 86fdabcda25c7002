from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import Segment
from lusscore.cohort.segments import (
    END,
    TwoScoresError,
    cut_into_rated_segments,
    find_overlaps,
    read_frame_range,
)

SEGMENTS = st.lists(
    st.builds(
        lambda rater, start, length: Segment(
            "a", "p", "1", "", "abc".index(rater), start, length and start + length, rater=rater
        ),
        st.sampled_from("abc"),
        st.integers(0, 20),
        st.one_of(st.none(), st.integers(1, 20)),
    )
)


@given(SEGMENTS)
def test_stretches_are_in_order_and_hold_exactly_the_raters_that_cover_them(
    segments: list[Segment],
) -> None:
    stretches = list(cut_into_rated_segments(segments))
    for stretch, following in pairwise(stretches):
        assert stretch.start < stretch.end <= following.start
    for frame in range(60):
        covering = {
            segment.rater
            for segment in segments
            if segment.frame_start <= frame
            and (segment.frame_end is None or frame < segment.frame_end)
        }
        found = [s for s in stretches if s.start <= frame < s.end]
        assert len(found) == bool(covering)
        assert not found or set(found[0].scores) == covering


def test_a_segment_to_the_end_is_infinite() -> None:
    (stretch,) = cut_into_rated_segments([Segment("a", "p", "1", "", 1, 3, rater="x")])
    assert (stretch.start, stretch.end, stretch.scores) == (3, END, {"x": 1})


def test_two_scores_of_one_rater_for_a_frame_are_refused() -> None:
    segments = [
        Segment("a", "p", "1", "", 1, 0, 5, rater="x"),
        Segment("a", "p", "1", "", 2, 4, 9, rater="x"),
    ]
    with pytest.raises(TwoScoresError, match="rater 'x' gave frame 4 the scores 1 and 2"):
        list(cut_into_rated_segments(segments))


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
    segments = [
        Segment(clip, "p", "1", "", 1, start, None if length is None else start + length)
        for clip, start, length in rows
    ]
    frames = [
        (segment.clip, frame)
        for segment in segments
        for frame in range(
            segment.frame_start, 20 if segment.frame_end is None else segment.frame_end
        )
    ]
    found = find_overlaps(enumerate(segments, start=2), lambda segment: segment.clip, "clip")
    assert bool(found) == (len(frames) != len(set(frames)))
