import numpy as np
import pytest
from sklearn.svm import LinearSVC

from lusscore.heads.linear_svm import fit_linear_svm


@pytest.mark.parametrize("strength", [0.01, 1.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_is_scikit_learns_machine(strength: float, dtype: type) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 200)
    x = (rng.normal(size=(200, 6)) + y[:, None] * [1, -1, 0, 0.5, 0, 0]).astype(dtype)
    weights = rng.uniform(0.5, 2, 200)
    ours = fit_linear_svm(x, y, weights, strength, 2000, 1e-8)
    theirs = LinearSVC(C=strength, loss="squared_hinge", dual=False, tol=1e-8).fit(
        x, y, sample_weight=weights
    )
    np.testing.assert_allclose(ours.decide(x), theirs.decision_function(x), atol=2e-3)
