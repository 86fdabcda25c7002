from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bundle_maker import make_bundle
from ground import Ground, make_ground
from lusscore.evaluation.models import Grid, HeadChoice, NestedCV
from lusscore.models import Bundle, to_files


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of one network and one head that was never written."""
    return make_bundle(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="session")
def files(tiny: Bundle) -> Mapping[str, bytes]:
    """All files of `tiny` by name."""
    return to_files(tiny)


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Twelve patients with two clips each, and embeddings of two tiny networks; not to change."""
    return make_ground(tmp_path_factory.mktemp("ground"), backbones=("tiny", "other"))


@pytest.fixture(scope="session")
def plain_run(ground: Ground) -> Path:
    """A run of one head on each network, on both, and of the mean of the two."""
    return ground.run(
        "plain", HeadChoice("logistic", {"C": 0.3, "pooling": "none"}),
        combine=("concatenate", "mean"), seed=5,
    )  # fmt: skip


@pytest.fixture(scope="session")
def chosen_run(ground: Ground) -> Path:
    """A run that chose the best and the best five of six candidates in each fold."""
    heads = (HeadChoice("logistic"), HeadChoice("ordinal"))
    grids: dict[str, Grid] = {
        "logistic": {"C": (0.01, 1.0), "pooling": ("mean",)},
        "ordinal": {"C": (0.1,), "pooling": ("mean",)},
    }
    return ground.run(
        "chosen", nested=NestedCV(("best", "average"), heads, grids, folds=2), folds=2, seed=3
    )
