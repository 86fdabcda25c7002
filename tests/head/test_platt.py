import numpy as np
import pytest
from sklearn.metrics import log_loss

from lusscore.head.platt import fit_platt, inner_folds
from lusscore.head.svm import SvmHead


def test_no_patient_is_on_both_sides_and_every_side_has_all_classes() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 12, 300)
    classes = groups % 4
    seen = []
    for fitted, held_out in inner_folds(classes, groups, 5, 0):
        assert not set(groups[fitted]) & set(groups[held_out])
        assert set(classes[fitted]) == {0, 1, 2, 3}
        seen.append(held_out)
    assert sorted(np.concatenate(seen)) == list(range(300))


def test_a_class_of_one_patient_is_never_missing_where_a_machine_is_fitted() -> None:
    groups = np.repeat(np.arange(8), 10)
    classes = np.where(groups == 7, 2, groups % 2)
    for fitted, held_out in inner_folds(classes, groups, 5, 0):
        assert 7 in groups[fitted]
        assert 7 not in groups[held_out]


def test_the_sigmoid_gives_back_the_probabilities_that_drew_the_classes() -> None:
    rng = np.random.default_rng(0)
    decision = rng.normal(0, 2, 5000)
    p = 1 / (1 + np.exp(-1.5 * decision + 0.5))
    y = (rng.random(5000) < p).astype(int)
    both = np.stack([-decision, decision], axis=1)
    found = fit_platt(both, y, np.ones(5000)).probabilities(both)
    np.testing.assert_allclose(found[:, 1], p, atol=0.03)


def test_a_class_that_no_row_has_keeps_its_column_and_gets_nothing() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    decisions = np.eye(3)[y] * 2 - 1 + rng.normal(0, 1, (200, 3))
    probabilities = fit_platt(decisions, y, np.ones(200)).probabilities(decisions)
    assert probabilities.shape == (200, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities[:, 2] == 0).all()


def test_without_patients_frames_alike_make_it_too_sure() -> None:
    """Frames of a patient are nearly the same: apart, its patients tell the true uncertainty."""
    rng = np.random.default_rng(0)

    def draw(patients: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        groups = np.repeat(np.arange(patients), 20)
        y = rng.permutation(patients) % 2
        centres = rng.normal(size=(patients, 60)) + y[:, None] * 0.15
        return centres[groups] + rng.normal(0, 0.05, (patients * 20, 60)), y[groups], groups

    X, y, groups = draw(24)
    test, truth, _ = draw(60)
    grouped = SvmHead(tol=1e-3).fit(X, y, groups=groups).predict_proba(test)
    alone = SvmHead(tol=1e-3).fit(X, y).predict_proba(test)
    assert log_loss(truth, grouped) < log_loss(truth, alone)
    assert grouped.max(axis=1).mean() < alone.max(axis=1).mean()


def test_what_cannot_be_calibrated_is_refused() -> None:
    X = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match="label more patients"):
        SvmHead().fit(X, np.repeat([0, 1], 10), groups=np.repeat([0, 1], 10))
