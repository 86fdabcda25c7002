"""The Makefile's own dependency graph, with the real command and two real architectures."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy

REPOSITORY = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs GNU make")

_RANDOM_WEIGHTS = """
import sys
from lusscore.backbones.keras_runtime import import_keras
keras = import_keras()
keras.utils.set_random_seed(0)
for make in (keras.applications.Xception, keras.applications.VGG16):
    model = make(weights=None, include_top=False)
    model.save_weights(f"{sys.argv[1]}/{make.__name__.lower()}.weights.h5")
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of Xception and VGG16 in a folder, as a user would put real ones there."""
    folder = tmp_path_factory.mktemp("weights")
    subprocess.run([sys.executable, "-c", _RANDOM_WEIGHTS, str(folder)], check=True)
    return folder


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., str]:
    """Run make in an empty folder with this Python's environment; return what it printed."""
    installed = tmp_path / "installed"
    # as after an installation, and older than anything that is made
    for moment, path in enumerate((tmp_path / "pyproject.toml", installed)):
        path.touch()
        os.utime(path, (moment, moment))

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [
                "make", "-f", str(REPOSITORY / "Makefile"), f"BIN={Path(sys.executable).parent}",
                f"INSTALLED={installed}", "COHORT=tiny", *arguments,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def commands(printed: str, name: str) -> list[str]:
    return [line for line in printed.splitlines() if f"lusscore {name} " in line]


def state(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.glob("*.h5")
    }


def test_each_stage_is_made_when_it_must_be_and_never_otherwise(
    make: Callable[..., str], make_cohort: Callable[..., Cohort], weights: Path, tmp_path: Path
) -> None:
    settings = ExtractionSettings(frames=FramesPolicy("per-clip", 1), variants=1)
    make_cohort(8, frames=2, extraction=settings)
    two = ("BACKBONES=xception vgg16", f"WEIGHTS={weights}")

    printed = make("features", *two)
    assert len(commands(printed, "features")) == 2
    computed = state(tmp_path / "features" / "tiny")
    assert computed.keys() == {"xception.h5", "vgg16.h5"}
    assert not commands(make("features", *two), "features")

    for options in ("CV=--epochs 2", "CV=--epochs 4 --dropout 0.1"):
        printed = make("cv", *two, options)
        assert not commands(printed, "features")
        assert len(commands(printed, "cv")) == 1
        assert not commands(make("cv", *two, options), "cv")
    assert state(tmp_path / "features" / "tiny") == computed

    printed = make("-n", "features", "BACKBONES=xception vgg16 efficientnet_lite0")
    (only,) = commands(printed, "features")
    assert "--backbone efficientnet_lite0" in only

    manifest = tmp_path / "data" / "tiny" / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",1,R1,0,", ",1,R1,1,"))
    printed = make("cv", *two, "CV=--epochs 2")
    assert len(commands(printed, "features")) == 2
    assert len(commands(printed, "cv")) == 1
    for name, (digest, _) in state(tmp_path / "features" / "tiny").items():
        assert digest == computed[name][0]


def test_a_cohort_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "-f", str(REPOSITORY / "Makefile"), "features", "COHORT=gone", "INSTALLED="],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "No cohort data/gone: make it with" in done.stderr
