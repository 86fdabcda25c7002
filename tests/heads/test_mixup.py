import numpy as np

from lusscore.heads.mixup import mix


def test_frames_targets_and_weights_are_mixed_by_the_same_shares() -> None:
    x = np.eye(50, dtype=np.float32)
    weights = np.arange(50.0)
    mixed, targets, counts = mix(x, np.eye(50), weights, 0.4, np.random.default_rng(0))
    np.testing.assert_allclose(mixed, targets, atol=1e-6)
    np.testing.assert_allclose(counts, targets @ weights, atol=1e-6)
    np.testing.assert_allclose(targets.sum(axis=1), 1)
    assert ((targets > 0).sum(axis=1) <= 2).all()
    assert (targets.max(axis=1) < 0.99).any()
    assert mixed.dtype == np.float32


def test_a_small_parameter_keeps_frames_nearly_pure() -> None:
    def purity(alpha: float) -> float:
        _, targets, counts = mix(
            np.eye(400, dtype=np.float32), np.eye(400), None, alpha, np.random.default_rng(0)
        )
        assert counts is None
        return float(targets.max(axis=1).mean())

    assert purity(0.05) > 0.95 > purity(5)
