from collections.abc import Callable, Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

Blobs = Callable[..., tuple[np.ndarray, np.ndarray]]


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> Iterator[None]:
    """Small products by threads that wait for each other take ten times as long."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def blobs() -> Blobs:
    """A maker of float16 embeddings of four classes around their own centres, three variants."""

    def make(
        frames: int = 400, dim: int = 16, seed: int = 0, spread: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 4, frames)
        centres = np.arange(4)[:, None] * np.linspace(1, 3, dim) - 4
        centres = centres + np.random.default_rng(99).normal(0, 1.5, (4, dim))
        X = centres[y][:, None, :] + rng.normal(0, spread, (frames, 4, dim))
        return X.astype(np.float16), y

    return make
