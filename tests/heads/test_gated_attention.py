from dataclasses import fields, replace

import numpy as np
import pytest

from lusscore.heads.gated_attention import Adam, GatedAttention, loss_and_gradient, start_weights


def wide(net: GatedAttention) -> GatedAttention:
    """Give the weights float64, in which differences can be taken."""
    return GatedAttention(*(getattr(net, entry.name).astype(np.float64) for entry in fields(net)))


@pytest.mark.parametrize("name", [entry.name for entry in fields(GatedAttention)])
def test_the_gradient_is_that_of_the_loss(name: str) -> None:
    rng = np.random.default_rng(0)
    net = wide(start_weights(5, 4, 3, seed=1))
    x, starts = rng.normal(size=(9, 5)), np.array([0, 4, 5])
    classes, weights = np.array([2, 0, 1]), np.array([1.0, 0.5, 2.0])
    _, gradient = loss_and_gradient(net, x, starts, classes, weights)
    for place in np.ndindex(getattr(net, name).shape):
        step = np.zeros(getattr(net, name).shape)
        step[place] = 1e-6
        above, below = (
            loss_and_gradient(
                replace(net, **{name: getattr(net, name) + sign * step}),
                x,
                starts,
                classes,
                weights,
            )[0]
            for sign in (1, -1)
        )
        assert getattr(gradient, name)[place] == pytest.approx((above - below) / 2e-6, abs=1e-7)


def test_attention_of_a_clip_sums_to_one_and_follows_the_formula() -> None:
    rng = np.random.default_rng(0)
    net = start_weights(5, 4, 3, seed=1)
    x = rng.normal(size=(7, 5)).astype(np.float32)
    attention = net.attention(x, np.array([0, 3]))
    assert attention[:3].sum() == pytest.approx(1)
    assert attention[3:].sum() == pytest.approx(1)
    gate = 1 / (1 + np.exp(-x[:3] @ net.gate))
    powers = np.exp((np.tanh(x[:3] @ net.tanh) * gate) @ net.score)
    np.testing.assert_allclose(attention[:3], powers / powers.sum(), rtol=1e-5)
    pooled = attention[:3] @ x[:3]
    np.testing.assert_allclose(
        net.logits(x, np.array([0, 3]))[0], pooled @ net.coef + net.intercept, rtol=1e-4
    )


def test_adam_moves_each_weight_by_the_learning_rate_at_first() -> None:
    net = start_weights(3, 2, 2, seed=0)
    ones = GatedAttention(*(np.ones_like(getattr(net, entry.name)) for entry in fields(net)))
    adam = Adam(net, 0.01, decay=0)
    adam.step(ones)
    np.testing.assert_allclose(net.coef - adam.net.coef, 0.01, rtol=1e-3)
