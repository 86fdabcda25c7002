import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelling.pool_maker import make_pool
from lusscore.errors import HeadError
from lusscore.evaluation.models import HeadChoice
from lusscore.labelling.predict import DEFAULT_HEAD, entropy, predict


@given(arrays(float, (5, 4), elements=st.floats(0, 1)).map(lambda a: a + 1e-9))
def test_uncertainty_is_between_none_and_all_and_largest_where_all_are_as_likely(
    raw: np.ndarray,
) -> None:
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    uncertainty = entropy(probabilities)
    assert ((uncertainty >= 0) & (uncertainty <= 1)).all()
    assert entropy(np.full((1, 4), 0.25)) == pytest.approx(1)
    assert entropy(np.eye(4)) == pytest.approx(0)
    assert entropy(np.array([[0.5, 0.5, 0, 0]])) == pytest.approx(0.5)
    # mixing with what is not known at all makes it larger
    assert (entropy(0.5 * probabilities + 0.125) >= uncertainty - 1e-9).all()


def test_no_head_learns_from_one_score_or_none() -> None:
    assert predict(make_pool(labelled=lambda segment: False)) is None
    assert predict(make_pool(labelled=lambda segment: segment.score == 2)) is None


def test_calibration_takes_certainty_that_held_out_patients_do_not_bear_out() -> None:
    """Labels that have nothing to do with the embeddings leave nothing to be sure of."""
    noise = make_pool(16, noise=30.0, labelled=lambda segment: int(segment.patient[1:]) < 12)
    strong = HeadChoice("logistic", {"pooling": "mean", "C": 100.0})
    said = predict(noise, strong)
    assert said is not None
    assert entropy(said).mean() > 0.95


def test_a_head_that_cannot_be_made_is_a_sentence() -> None:
    with pytest.raises(HeadError, match="Unknown head"):
        predict(make_pool(), HeadChoice("forest"))
    assert DEFAULT_HEAD.name == "logistic"


@pytest.mark.parametrize("scores", [(0, 1, 2, 3), (1, 3), (2, 3), (0, 2, 3)])
def test_scores_without_a_label_move_no_other(scores: tuple[int, ...]) -> None:
    """Labels of some patients tell the scores of the others."""
    pool = make_pool(
        10,
        noise=0.2,
        labelled=lambda segment: segment.score in scores and int(segment.patient[1:]) < 7,
    )
    said = predict(pool)
    assert said is not None
    assert said.sum(axis=1) == pytest.approx(1)
    for absent in {0, 1, 2, 3} - set(scores):
        assert (said[:, absent] == 0).all()
    # the maker gives patient p and zone z the score (p + z) mod 4
    truth = [(int(segment.patient[1:]) + int(segment.clip[-5])) % 4 for segment in pool.segments]
    known = np.isin(truth, scores)
    np.testing.assert_array_equal(said[known].argmax(axis=1), np.array(truth)[known])
