from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from bundle_maker import make_bundle
from clip_maker import write_video
from ground import PATIENT, bright
from lusscore.models import Bundle, write_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A tiny scorer of brightness, in a folder."""
    folder = tmp_path_factory.mktemp("bundle")
    return write_bundle(make_bundle(folder / "networks", name="ward"), folder / "ward")


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    """Three clips of one visit, in a folder and under names that are those of a person."""
    folder = tmp_path / f"Jane {PATIENT}"
    folder.mkdir()
    for score, zone in ((0, "R1"), (2, "R2"), (3, "L1")):
        write_video(folder / f"{PATIENT} {zone}.mp4", bright(score, seed=score))
    return folder


@pytest.fixture
def score(lusscore: Callable[..., Result], bundle: Bundle) -> Callable[..., Result]:
    def run(*arguments: object) -> Result:
        return lusscore("score", *arguments, "--model", bundle.folder)

    return run
