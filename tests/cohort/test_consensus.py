from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import (
    END,
    Rating,
    Segment,
    consensus_labels,
    cut_into_rated_segments,
    parse_rule,
)
from lusscore.errors import CohortError, InvalidCohortError

FRAMES = 12


def segment(
    rater: str, score: int | None, start: int = 0, end: int | None = None, clip: str = "a.mp4"
) -> Segment:
    return Segment(clip, "p", "1", "R1", score, start, end, rater=rater)


def test_one_rater_keeps_its_segments_and_gets_no_ratings() -> None:
    segments = (
        segment("anna", 1, 0, 5),
        segment("anna", 1, 5, 9),
        segment("anna", None, 20),
        segment("", 2, clip="b"),
    )
    only = consensus_labels(segments[:3])
    assert (only.segments, only.ratings, only.ties) == (segments[:3], (), ())
    assert consensus_labels([segment("", None), segment("", 3, clip="b.mp4")]).ratings == ()


@pytest.mark.parametrize(
    ("segments", "rule", "expected"),
    [
        (
            [segment("a", 2), segment("b", 1), segment("c", 2)],
            None,
            [(2, 0, None, "majority of 3")],
        ),
        ([segment("a", 0), segment("b", 3)], "majority", [(None, 0, None, "tie of 2")]),
        ([segment("a", 1), segment("b", 2)], "mean", [(2, 0, None, "mean of 2")]),
        (
            [segment("a", 0), segment("b", 3), segment("a", 1, clip="b.mp4")],
            "rater:b",
            [(3, 0, None, "b"), (None, 0, None, "")],
        ),
        (
            [segment("a", 1, 0, 10), segment("b", 2, 5, 15), segment("c", 2, 5)],
            None,
            [
                *((1, 0, 5, "a"), (2, 5, 10, "majority of 3")),
                *((2, 10, 15, "majority of 2"), (2, 15, None, "c")),
            ],
        ),
        (
            [segment("tieu", 2, 0, 5), segment("tieu", 1, 5, 9), segment("anna", 2, 0, 5)],
            None,
            [(2, 0, 5, "majority of 2"), (1, 5, 9, "tieu")],
        ),
    ],
)
def test_segments_say_who_decided(
    segments: list[Segment], rule: str | None, expected: list[tuple[object, ...]]
) -> None:
    agreed = consensus_labels(segments, rule)
    assert [(s.score, s.frame_start, s.frame_end, s.rater) for s in agreed.segments] == expected
    assert agreed.ties == tuple(s for s in agreed.segments if s.rater == "tie of 2")
    whole = {
        Rating(s.clip, s.rater, s.score, s.frame_start, s.frame_end)
        for s in segments
        if s.score is not None
    }
    assert set(agreed.ratings) == whole


def test_two_scores_of_one_rater_are_named_for_all_clips() -> None:
    segments = [segment("a", 1, 0, 6), segment("a", 2, 5, 9)]
    segments += [segment("", 1, clip="b.mp4"), segment("", 0, clip="b.mp4")]
    with pytest.raises(InvalidCohortError) as caught:
        consensus_labels(segments)
    assert [problem.clip for problem in caught.value.problems] == ["a.mp4", "b.mp4"]
    assert "rater 'a' gave frame 5 the scores 1 and 2" in str(caught.value)
    assert "a rater without a name gave frame 0" in str(caught.value)


def test_raters_who_disagree_on_the_zone_are_named() -> None:
    with pytest.raises(InvalidCohortError, match="has more than one zone: 'R1', 'L1'"):
        consensus_labels([segment("a", 1), Segment("a.mp4", "p", "1", "L1", 1, rater="b")])


def test_what_only_one_rater_says_of_a_clip_is_kept() -> None:
    agreed = consensus_labels([Segment("a.mp4", "p", "1", "", 1, rater="a"), segment("b", 1)])
    assert [s.zone for s in agreed.segments] == ["R1"]


RANGES = st.tuples(st.integers(0, FRAMES - 1), st.integers(1, FRAMES)).map(sorted)


@st.composite
def rated_clips(draw: st.DrawFn) -> list[Segment]:
    """Any segments of three raters; a rater never contradicts itself."""
    segments = []
    for rater in ("a", "b", "c"):
        scores = draw(
            st.lists(st.sampled_from([None, 0, 1, 2, 3]), min_size=FRAMES, max_size=FRAMES)
        )
        for start, end in draw(st.lists(RANGES, max_size=4)):
            for frame in range(start, end):
                if frame == start or scores[frame] != scores[frame - 1]:
                    segments.append(segment(rater, scores[frame], frame, frame + 1))
                else:
                    segments[-1] = segment(
                        rater, scores[frame], segments[-1].frame_start, frame + 1
                    )
    return draw(st.permutations(segments))


def at(segments: list[Segment], frame: int) -> dict[str, int]:
    """Scores of one frame by rater."""
    covers = (s for s in segments if s.frame_start <= frame < (s.frame_end or FRAMES))
    return {s.rater: s.score for s in covers if s.score is not None}


def expected(rule: str, scores: Mapping[str, int]) -> int | None:
    if not scores:
        return None
    if rule == "mean":
        return int(Fraction(sum(scores.values()), len(scores)) + Fraction(1, 2))
    if rule.startswith("rater:"):
        return scores.get("a")
    counts = Counter(scores.values())
    best = [score for score, count in counts.items() if count == max(counts.values())]
    return best[0] if len(best) == 1 else None


@given(rated_clips(), st.sampled_from(["majority", "mean", "rater:a"]))
def test_every_frame_has_what_the_rule_makes_of_exactly_its_raters(
    segments: list[Segment], rule: str
) -> None:
    if rule == "rater:a" and not any(s.rater == "a" and s.score is not None for s in segments):
        return
    agreed = consensus_labels(segments, rule)
    for frame in range(FRAMES):
        rows = [s for s in agreed.segments if s.frame_start <= frame < (s.frame_end or FRAMES)]
        looked_at = any(s.frame_start <= frame < (s.frame_end or FRAMES) for s in segments)
        assert len(rows) == looked_at
        if rows:
            assert rows[0].score == expected(rule, at(segments, frame))
    if agreed.ratings:
        as_segments = [
            segment(r.rater, r.score, r.frame_start, r.frame_end) for r in agreed.ratings
        ]
        assert all(at(as_segments, frame) == at(segments, frame) for frame in range(FRAMES))
    assert len(agreed.ties) == sum(s.rater.startswith("tie of") for s in agreed.segments)


@given(rated_clips())
def test_neighbours_of_equal_outcome_are_one_segment(segments: list[Segment]) -> None:
    if len({s.rater for s in segments}) > 1:
        rows = consensus_labels(segments).segments
        for a, b in pairwise(rows):
            assert a.frame_end != b.frame_start or (a.score, a.rater) != (b.score, b.rater)


@given(rated_clips(), st.sampled_from(["majority", "mean"]))
def test_the_order_of_the_segments_means_nothing(segments: list[Segment], rule: str) -> None:
    forth, back = consensus_labels(segments, rule), consensus_labels(segments[::-1], rule)
    assert set(forth.segments) == set(back.segments)
    assert forth.ratings == back.ratings


SCORES = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 3), min_size=1)


@given(SCORES)
def test_the_majority_has_more_raters_than_any_other_score_or_is_none(
    scores: dict[str, int],
) -> None:
    values = list(scores.values())
    decided = parse_rule(None, scores).decide(scores)
    most = max(values.count(score) for score in range(4))
    winners = [score for score in range(4) if values.count(score) == most]
    assert winners == [decided] if decided is not None else len(winners) > 1


@given(SCORES)
def test_the_mean_is_nearest_and_the_higher_of_two_equally_near(scores: dict[str, int]) -> None:
    decided = parse_rule("mean", scores).decide(scores)
    assert decided is not None
    twice_off = 2 * (decided * len(scores) - sum(scores.values()))
    assert -len(scores) < twice_off <= len(scores)


@pytest.mark.parametrize("text", ["", "median", "rater", "Majority", "rater:"])
def test_an_unknown_rule_or_rater_gets_a_sentence(text: str) -> None:
    with pytest.raises(CohortError, match="expected (majority, mean or rater:|one of a, b)"):
        parse_rule(text, {"b", "a"})


# Clips cut wherever a rater begins or ends

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
def test_pieces_are_in_order_and_hold_exactly_the_raters_that_cover_them(
    segments: list[Segment],
) -> None:
    pieces = list(cut_into_rated_segments(segments))
    for piece, following in pairwise(pieces):
        assert piece.start < piece.end <= following.start
    for frame in range(60):
        covering = {
            segment.rater
            for segment in segments
            if segment.frame_start <= frame
            and (segment.frame_end is None or frame < segment.frame_end)
        }
        found = [s for s in pieces if s.start <= frame < s.end]
        assert len(found) == bool(covering)
        assert not found or set(found[0].scores) == covering


def test_a_segment_to_the_end_is_infinite() -> None:
    (piece,) = cut_into_rated_segments([Segment("a", "p", "1", "", 1, 3, rater="x")])
    assert (piece.start, piece.end, piece.scores) == (3, END, {"x": 1})
