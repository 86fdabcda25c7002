import numpy as np

from lusscore.heads.logistic import LogisticHead
from lusscore.heads.ordinal import OrdinalHead


def test_scores_along_one_line_are_told_apart_in_order() -> None:
    rng = np.random.default_rng(0)
    severity = rng.uniform(0, 4, 600)
    X = np.stack([severity + rng.normal(0, 0.2, 600), rng.normal(size=600)], axis=1)
    y = severity.astype(int)
    head = OrdinalHead().fit(X, y)
    assert np.abs(head.predict(X) - y).max() <= 1
    probabilities = head.predict_proba(np.linspace([0.0, 0.0], [4.0, 0.0], 50))
    expected = probabilities @ np.arange(4)
    assert (np.diff(expected) > 0).all()


def test_two_scores_are_the_logistic_head() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 5))
    y = np.where(X[:, 0] + rng.normal(size=200) > 0, 3, 1)
    ordinal, logistic = (
        head(C=0.1, tol=1e-8).fit(X, y).predict_proba(X) for head in (OrdinalHead, LogisticHead)
    )
    np.testing.assert_allclose(ordinal, logistic, atol=1e-3)
