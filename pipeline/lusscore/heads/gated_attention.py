"""Gated attention over the frames of a clip: forward, backward, and training with Adam.

Ilse, M., Tomczak, J. M., Welling, M. (2018). Attention-based deep multiple instance learning.
Proceedings of Machine Learning Research 80 (ICML), 2127–2136, equations 7 and 9: frame i of a clip
with embedding h_i gets the weight

    a_i = softmax_i( v · ( tanh(h_i T) ⊙ s(h_i G) ) ),        s(z) = 1 / (1 + exp(−z)),

the clip's embedding is Σ a_i h_i, and a softmax layer on it gives the clip's probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

_Float = NDArray[np.float32]
_Int = NDArray[np.int64]
# Decay of Adam's two means, and what keeps its division finite: Kingma, D. P., Ba, J. (2015).
# Adam: a method for stochastic optimization. ICLR.
_FIRST, _SECOND, _FINITE = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class GatedAttention:
    """The weights, float32.

    Attributes
    ----------
    tanh, gate
        T and G, shape (dim, attention).
    score
        v, shape (attention,).
    coef, intercept
        The softmax layer, shape (dim, classes) and (classes,).
    """

    tanh: _Float
    gate: _Float
    score: _Float
    coef: _Float
    intercept: _Float

    def attention(self, x: _Float, starts: _Int) -> _Float:
        """Return the weight of each frame, shape (frames,); those of a clip sum to 1."""
        return self._attend(x, starts)[0]

    def logits(self, x: _Float, starts: _Int) -> _Float:
        """Return (clips, classes) before the softmax.

        Parameters
        ----------
        x
            Shape (frames, dim), the frames of a clip together.
        starts
            int64, shape (clips,): first frame of each clip; the first of all is 0.
        """
        weights = self.attention(x, starts)
        pooled = np.add.reduceat(weights[:, None] * x, starts, axis=0)
        return np.asarray(pooled @ self.coef + self.intercept, np.float32)

    def _attend(self, x: _Float, starts: _Int) -> tuple[_Float, _Float, _Float]:
        """Return weights and both activations."""
        tanh, gate = np.tanh(x @ self.tanh), expit(x @ self.gate)
        scores = (tanh * gate) @ self.score
        sizes = np.diff(starts, append=len(x))
        powers = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
        return powers / np.repeat(np.add.reduceat(powers, starts), sizes), tanh, gate


def start_weights(dim: int, attention: int, classes: int, seed: int) -> GatedAttention:
    """Draw weights as Glorot and Bengio (2010) do; biases are 0."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> _Float:
        reach = np.sqrt(6 / (shape[0] + shape[-1] * (len(shape) > 1)))
        return rng.uniform(-reach, reach, shape).astype(np.float32)

    return GatedAttention(
        draw(dim, attention),
        draw(dim, attention),
        draw(attention),
        draw(dim, classes),
        np.zeros(classes, np.float32),
    )


def loss_and_gradient(
    net: GatedAttention, x: _Float, starts: _Int, classes: _Int, weights: NDArray[Any]
) -> tuple[float, GatedAttention]:
    """Return the weighted mean cross-entropy of clips, and its derivative by every weight.

    Parameters
    ----------
    net, x, starts
        As in :meth:`GatedAttention.logits`.
    classes, weights
        Of each clip, shape (clips,).
    """
    sizes = np.diff(starts, append=len(x))
    attended, tanh, gate = net._attend(x, starts)
    pooled = np.add.reduceat(attended[:, None] * x, starts, axis=0)
    probabilities = softmax((pooled @ net.coef + net.intercept).astype(x.dtype), axis=1)
    rows = np.arange(len(starts))
    share = (weights / len(starts)).astype(x.dtype)
    loss = -float(share @ np.log(np.maximum(probabilities[rows, classes], 1e-30)))
    by_logits = probabilities * share[:, None]
    by_logits[rows, classes] -= share
    by_pooled = by_logits @ net.coef.T
    # of the softmax over a clip: a_i (g_i − Σ a_j g_j), with g_i the pull on frame i
    pull = np.einsum("fd,fd->f", x, np.repeat(by_pooled, sizes, axis=0))
    by_scores = attended * (pull - np.repeat(np.add.reduceat(attended * pull, starts), sizes))
    by_product = by_scores[:, None] * net.score
    return loss, GatedAttention(
        tanh=x.T @ (by_product * gate * (1 - tanh**2)),
        gate=x.T @ (by_product * tanh * gate * (1 - gate)),
        score=(tanh * gate).T @ by_scores,
        coef=pooled.T @ by_logits,
        intercept=by_logits.sum(axis=0),
    )


class Adam:
    """Adam with L2 decay of all weights but the bias, one step at a time."""

    def __init__(self, net: GatedAttention, learning_rate: float, decay: float) -> None:
        self.net = net
        self.learning_rate = learning_rate
        self.decay = decay
        self.steps = 0
        names = [entry.name for entry in fields(net)]
        self.means = {name: np.zeros_like(getattr(net, name)) for name in names}
        self.squares = {name: np.zeros_like(getattr(net, name)) for name in names}

    def step(self, gradient: GatedAttention) -> None:
        """Move the weights against `gradient`."""
        self.steps += 1
        rate = self.learning_rate * np.sqrt(1 - _SECOND**self.steps) / (1 - _FIRST**self.steps)
        moved = {}
        for name, mean in self.means.items():
            weight, slope = getattr(self.net, name), getattr(gradient, name)
            if name != "intercept":
                slope = slope + np.float32(self.decay) * weight
            mean += np.float32(1 - _FIRST) * (slope - mean)
            square = self.squares[name]
            square += np.float32(1 - _SECOND) * (slope**2 - square)
            moved[name] = weight - np.float32(rate) * mean / (np.sqrt(square) + _FINITE)
        self.net = replace(self.net, **moved)
