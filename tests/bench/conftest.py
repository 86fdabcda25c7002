"""What the suites measure with in small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import BenchRow, BenchSettings, get_suites
from bench.running import provide_weights
from bench.subjects import SMALL_SPEC


@pytest.fixture(scope="session")
def small_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder with random weights of the small backbone."""
    folder = tmp_path_factory.mktemp("small")
    assert provide_weights(SMALL_SPEC, None, folder).random
    return folder


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Callable[..., dict[str, BenchRow]]:
    """Run a suite once with the small backbone; its rows by name."""

    def run(
        suite: str, frames: int = 0, backbone: str = "small", **more: object
    ) -> dict[str, BenchRow]:
        # made in Keras, which takes seconds: only where they are read
        weighed = backbone == "small" and suite != "start-up"
        weights = request.getfixturevalue("small_weights") if weighed else None
        settings = BenchSettings((backbone,), frames=frames, weights_dir=weights, repeats=1, **more)  # type: ignore[arg-type]
        rows = list(get_suites((suite,))[0].rows(settings))
        assert len({row.name for row in rows}) == len(rows)
        return {row.name: row for row in rows}

    return run
