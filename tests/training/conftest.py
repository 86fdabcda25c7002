from __future__ import annotations

from pathlib import Path

import pytest

from ground import Ground, make_ground
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.selection.choosing import Choosing
from lusscore.evaluation.selection.grids import Grid


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
        "chosen", choosing=Choosing(("best", "average"), heads, grids, folds=2), folds=2, seed=3
    )
