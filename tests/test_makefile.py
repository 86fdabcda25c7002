"""The Makefile asks the program what is to be done, with the real command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backbone_maker import write_tiny_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy

REPOSITORY = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs GNU make")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run make in an empty folder with this Python's environment."""
    installed = tmp_path / "installed"
    # as after an installation, and older than anything that is made
    for moment, path in enumerate((tmp_path / "pyproject.toml", installed)):
        path.touch()
        os.utime(path, (moment, moment))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                "make", "-f", str(REPOSITORY / "Makefile"), f"BIN={Path(sys.executable).parent}",
                f"INSTALLED={installed}", *arguments,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )  # fmt: skip

    return run


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".h5", ".csv", ".html")
    }


@pytest.mark.slow
def test_each_stage_is_made_when_it_must_be_and_never_otherwise(
    make: Callable[..., subprocess.CompletedProcess[str]],
    make_cohort: Callable[..., Cohort],
    tmp_path: Path,
) -> None:
    cohort = make_cohort(8, extraction=ExtractionSettings(FramesPolicy("all"), variants=1))
    onnx = write_tiny_backbone(tmp_path / "net.onnx", seed=1)
    asked = ("COHORT=tiny", f"BACKBONES={onnx}", "CV=--head logistic")
    features, results = tmp_path / "features" / "tiny", tmp_path / "results"

    first = make("cv", *asked)
    assert first.returncode == 0, first.stderr
    computed, made = state(features), state(results)
    assert (results / "tiny" / "cv" / "report.html").is_file()
    again = make("cv", *asked)
    assert again.returncode == 0
    assert (state(features), state(results)) == (computed, made)

    # another setting needs another name, and computes no embedding
    other = (*asked[:2], "CV=--head logistic --set C=0.1")
    refused = make("cv", *other)
    assert refused.returncode == 2
    assert "RUN=" in refused.stderr
    assert "--overwrite" in refused.stderr
    assert state(results) == made
    assert make("cv", *other, "RUN=other").returncode == 0
    assert state(features) == computed
    assert state(results) != made

    # another label needs no network, which is away
    onnx.rename(tmp_path / "away.onnx")
    manifest = cohort.folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",1,R1,0,", ",1,R1,1,"))
    before = state(results)
    relabelled = make("cv", *asked)
    assert relabelled.returncode == 0, relabelled.stderr
    assert state(features) == computed
    assert state(results) != before

    # another network under the old name is noticed, and so is its coming back
    write_tiny_backbone(onnx, seed=2)
    assert make("features", *asked).returncode == 0
    assert state(features) != computed
    onnx.unlink()
    (tmp_path / "away.onnx").rename(onnx)
    back = make("features", *asked)
    assert "nothing to compute" in back.stdout


@pytest.mark.parametrize("name", ["gone", "ward 7", "a'b", 'a"b', "50%", "a$$b", "a:b", "a;b"])
def test_names_that_make_cannot_take_get_the_programs_sentence(
    make: Callable[..., subprocess.CompletedProcess[str]], name: str
) -> None:
    done = make("features", f"COHORT={name}")
    assert done.returncode != 0
    assert f"data{os.sep}{name.replace('$$', '$')}: there is no cohort" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_phantom_alone_is_made(
    make: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    assert "lusscore phantom" in make("-n", "cohort").stdout
    assert make("cohort", "COHORT=ward").returncode == 0
