from collections import Counter

import pytest

from labelling.pool_maker import FEATURES, in_other_order, make_pool, parts
from lusscore.labelling.pool import join_pool
from lusscore.labelling.suggest import suggest_clips


def test_only_unlabelled_clips_are_suggested_each_once_and_ranked() -> None:
    pool = make_pool()
    suggestions = suggest_clips(pool, count=10)
    assert [one.rank for one in suggestions] == list(range(1, 11))
    assert all(one.segment.score is None for one in suggestions)
    assert len({one.segment.clip for one in suggestions}) == 10
    assert Counter(one.segment.patient for one in suggestions).most_common(1)[0][1] <= 3


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cold", [True, False])
def test_the_order_of_the_files_changes_nothing(seed: int, cold: bool) -> None:
    segments, file = parts(labelled=lambda segment: not cold and int(segment.patient[1:]) < 4)
    first = suggest_clips(join_pool(segments, file, FEATURES), count=6)
    assert (
        suggest_clips(join_pool(*in_other_order(segments, file, seed), FEATURES), count=6) == first
    )


def test_without_labels_clips_are_chosen_by_what_they_look_like() -> None:
    """The maker gives four corners, one per score: four clips are to show all of them."""
    pool = make_pool(8, noise=0.1, labelled=lambda segment: False)
    suggestions = suggest_clips(pool, count=4, per_patient=1)
    corners = {
        (int(one.segment.patient[1:]) + int(one.segment.clip[-5])) % 4 for one in suggestions
    }
    assert corners == {0, 1, 2, 3}
    assert all(one.probabilities is None and one.uncertainty is None for one in suggestions)
    assert all(one.new_patient for one in suggestions)


def test_with_labels_a_head_tells_score_and_doubt() -> None:
    suggestions = suggest_clips(make_pool(noise=0.2), count=5)
    for one in suggestions:
        assert one.probabilities is not None
        assert sum(one.probabilities) == pytest.approx(1)
        assert one.predicted == (int(one.segment.patient[1:]) + int(one.segment.clip[-5])) % 4
        assert one.uncertainty is not None
        assert 0 <= one.uncertainty <= 1


def test_the_first_clip_of_a_patient_is_told_once() -> None:
    suggestions = suggest_clips(make_pool(), count=16)
    assert sum(one.new_patient for one in suggestions) == 4
    seen = set[str]()
    for one in suggestions:
        assert one.new_patient == (one.segment.patient not in seen)
        seen.add(one.segment.patient)


def test_clips_of_unknown_looks_come_before_those_like_what_is_labelled() -> None:
    """Scores 0 and 1 alone are labelled: what looks like 2 and 3 is neither covered nor sure."""
    pool = make_pool(8, noise=0.1, labelled=lambda segment: segment.score in (0, 1))
    suggestions = suggest_clips(pool, count=4, per_patient=1)
    shown = {(int(one.segment.patient[1:]) + int(one.segment.clip[-5])) % 4 for one in suggestions}
    assert shown == {2, 3}


def test_where_all_is_labelled_nothing_is_suggested() -> None:
    assert suggest_clips(make_pool(labelled=lambda segment: True)) == ()
