"""Small real files that tests of several packages share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import Result
from hypothesis import settings

from backbone_maker import write_tiny_backbone
from clip_maker import moving_bar
from cohort_maker import Score, run_command, usual_score, write_small_cohort
from lusscore.cohort import Card, Cohort, ExtractionSettings, FramesPolicy

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# a machine that is busy with other things must not fail a law that holds
settings.register_profile("lusscore", deadline=None)
settings.load_profile("lusscore")

REPOSITORY = Path(__file__).parent.parent
SHARED = REPOSITORY.parent / "shared"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture
def shared() -> Path:
    """The folder of real clips and weights beside the repository; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, the real clips and weights that are not part of the project")
    return SHARED


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX file named ``tiny.onnx`` that takes 24 × 24 pixels and gives 8 numbers."""
    return write_tiny_backbone(tmp_path_factory.mktemp("backbone") / "tiny.onnx")


@pytest.fixture
def make_cohort(tmp_path: Path) -> Callable[..., Cohort]:
    """A maker of small cohorts of real MP4 files: patients × two zones, scores by patient."""

    def make(
        patients: int = 4,
        *,
        name: str = "tiny",
        frames: int = 5,
        folder: Path | None = None,
        extraction: ExtractionSettings | None = None,
        score: Score = usual_score,
    ) -> Cohort:
        extraction = extraction or ExtractionSettings(frames=FramesPolicy("all"), variants=2)
        return write_small_cohort(
            folder or tmp_path / "data" / name,
            Card(name, "blue-6", "soldati-2020", label_level="clip", extraction=extraction),
            lambda value, seed: moving_bar(frames, seed=seed),
            patients=patients, name="p{}", score=score,
        )  # fmt: skip

    return make


@pytest.fixture
def lusscore(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:  # type: ignore[no-untyped-def]
    """Run a command in an empty folder, without weights from the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LUSSCORE_WEIGHTS", raising=False)
    return run_command


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium of this machine."""
    found = os.environ.get("LUSSCORE_CHROMIUM") or next(
        filter(None, map(shutil.which, _NAMES)), None
    )
    if found is None:
        pytest.skip("needs Chromium; install it, or say in LUSSCORE_CHROMIUM where it is")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser of a module's own: its event loop would stand in the way of other tests'."""
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with api.sync_playwright() as driver:
        with driver.chromium.launch(executable_path=chromium, args=alone) as started:
            yield started
