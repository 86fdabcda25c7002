from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import Span
from lusscore.cohort.stretches import END, TwoScoresError, cut_into_stretches

SPANS = st.lists(
    st.builds(
        lambda rater, start, length: Span(
            "a", "p", "1", "", "abc".index(rater), start, length and start + length, rater=rater
        ),
        st.sampled_from("abc"),
        st.integers(0, 20),
        st.one_of(st.none(), st.integers(1, 20)),
    )
)


@given(SPANS)
def test_stretches_are_in_order_and_hold_exactly_the_raters_that_cover_them(
    spans: list[Span],
) -> None:
    stretches = list(cut_into_stretches(spans))
    for stretch, following in pairwise(stretches):
        assert stretch.start < stretch.end <= following.start
    for frame in range(60):
        covering = {
            span.rater
            for span in spans
            if span.frame_start <= frame and (span.frame_end is None or frame < span.frame_end)
        }
        found = [s for s in stretches if s.start <= frame < s.end]
        assert len(found) == bool(covering)
        assert not found or set(found[0].scores) == covering


def test_a_span_to_the_end_is_infinite() -> None:
    (stretch,) = cut_into_stretches([Span("a", "p", "1", "", 1, 3, rater="x")])
    assert (stretch.start, stretch.end, stretch.scores) == (3, END, {"x": 1})


def test_two_scores_of_one_rater_for_a_frame_are_refused() -> None:
    spans = [
        Span("a", "p", "1", "", 1, 0, 5, rater="x"),
        Span("a", "p", "1", "", 2, 4, 9, rater="x"),
    ]
    with pytest.raises(TwoScoresError, match="rater 'x' gave frame 4 the scores 1 and 2"):
        list(cut_into_stretches(spans))
