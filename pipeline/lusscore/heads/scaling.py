"""Standardised and whitened embeddings, by what training frames show, in float32."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from lusscore.heads.array_reader import ArrayReader

# Frames turned to float32 at once while means are taken.
_BATCH = 4096
# Directions of less variance than this share of the first one are rounding, which whitening would
# blow up to the size of the signal; where nothing is whitened, only what float32 rounds is.
_LEAST_WHITENED, _LEAST_TURNED = 1e-6, 1e-12
# Finding the directions takes a product of examples x examples, which pays where a fit of some
# hundred steps would cost more.
_MOST_EXAMPLES = 1024


_Any = NDArray[Any]
_Float = NDArray[np.float64]


@dataclass(frozen=True)
class Scaling:
    """Means, spreads and, where components were asked for, whitening directions.

    float32, shape (dim,), and (dim, components) for `directions`, each divided by the deviation
    along it; None where the standardised embedding itself is used.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    directions: NDArray[np.float32] | None = None

    @property
    def size(self) -> int:
        """How many numbers a scaled embedding has."""
        return len(self.mean) if self.directions is None else self.directions.shape[1]

    def arrays(self) -> dict[str, _Any]:
        """Return it as arrays by name."""
        own = {"scaling.mean": self.mean, "scaling.spread": self.spread}
        return own if self.directions is None else own | {"scaling.directions": self.directions}

    @classmethod
    def from_arrays(cls, arrays: ArrayReader, dim: int) -> Scaling:
        """Make it again for embeddings of `dim` numbers."""
        mean = arrays.take("scaling.mean", (dim,), np.float32)
        spread = arrays.take("scaling.spread", (dim,), np.float32)
        if not (spread > 0).all():
            raise arrays.refusal("has a number that is not above 0 in its array scaling.spread")
        if not arrays.has("scaling.directions"):
            return cls(mean, spread)
        return cls(mean, spread, arrays.take("scaling.directions", (dim, None), np.float32))

    def apply(self, frames: NDArray[Any]) -> NDArray[np.float32]:
        """Return a new array, float32, shape (frames, dim) or (frames, components)."""
        scaled: NDArray[np.float32] = np.subtract(frames, self.mean, dtype=np.float32)
        scaled /= self.spread
        return scaled if self.directions is None else scaled @ self.directions

    def precise(self, frames: NDArray[Any]) -> Iterator[_Float]:
        """Yield the same in float64, some frames at a time.

        For prediction: sums in float32 depend in their last digits on the rows beside them.
        """
        for batch in gen_batches(len(frames), _BATCH):
            scaled = (frames[batch].astype(np.float64) - self.mean) / self.spread
            yield scaled if self.directions is None else scaled @ self.directions

    def unscaled(self, weights: _Any, bias: _Any, first: int) -> tuple[_Float, _Float]:
        """Turn a linear function of the scaled embedding into one of the embedding.

        Weights have the shape (size, classes); those returned, float64, are of the first `first`
        numbers of the embedding, and the others are held at their training mean.
        """
        wide = np.asarray(weights, np.float64)
        if self.directions is not None:
            wide = self.directions.astype(np.float64) @ wide
        own = wide[:first] / self.spread[:first, None].astype(np.float64)
        return own, np.asarray(bias - self.mean[:first].astype(np.float64) @ own)


def fit_scaling(frames: NDArray[Any], components: int = 0, seed: int = 0) -> Scaling:
    """Learn a scaling from training frames.

    Frames are float, shape (frames, dim), and none of them held out. `components` principal
    components are kept, whitened, but never more than the frames span; 0 keeps the standardised
    embedding. The seed is that of a randomised search, used where components are few and dim is
    large.
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    for batch in gen_batches(len(frames), _BATCH):
        scaler.partial_fit(frames[batch].astype(np.float32))
    standard = Scaling(scaler.mean_.astype(np.float32), scaler.scale_.astype(np.float32))
    if components == 0:
        return standard
    most = min(components, frames.shape[1], max(1, len(frames) - 1))
    from sklearn.decomposition import PCA

    pca = PCA(most, random_state=seed).fit(standard.apply(frames))
    variances = pca.explained_variance_
    kept = max(1, int(np.sum(variances > _LEAST_WHITENED * variances[0])))
    deviations = np.sqrt(np.maximum(variances[:kept], np.finfo(np.float32).tiny))
    directions = (pca.components_[:kept] / deviations[:, None]).T.astype(np.float32)
    return Scaling(standard.mean, standard.spread, np.ascontiguousarray(directions))


def fit_penalised_scaling(frames: NDArray[Any], components: int, seed: int) -> Scaling:
    """Learn a scaling, as `fit_scaling` does, for a head whose penalty is the squared weights.

    The weights of such a head lie in the span of its examples, so standardised examples can be
    replaced by their coordinates there: the predictions are the same, and a fit on 230 clips of
    15,360 numbers is one on 229 numbers. Hastie, T., Tibshirani, R. (2004). Efficient quadratic
    regularization for expression arrays. Biostatistics 5 (3), 329-340. Whitened components are
    returned as they are.
    """
    standard = fit_scaling(frames, components, seed)
    if components or len(frames) > min(_MOST_EXAMPLES, frames.shape[1] // 2):
        return standard
    scaled = standard.apply(frames)
    # float64, or rounding passes for directions where examples are alike
    wide = scaled.astype(np.float64)
    squares, vectors = np.linalg.eigh(wide @ wide.T)
    if squares[-1] <= 0:
        return standard
    kept = squares > _LEAST_TURNED * squares[-1]
    directions = scaled.T @ (vectors[:, kept] / np.sqrt(squares[kept])).astype(np.float32)
    return replace(standard, directions=directions)
