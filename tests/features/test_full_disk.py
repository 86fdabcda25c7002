"""A disk that is really full: a small file system in memory, mounted for the test."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import Result

from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy
from lusscore.errors import FeatureFileError
from lusscore.features import extract_features, read_features
from lusscore.features.file.layout import PlannedClip, create_layout
from lusscore.features.file.store import FeatureStore
from lusscore.features.file.writer import Writer

KILOBYTE = 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 kB; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux, to mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={512 * KILOBYTE}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"needs the right to mount a small disk ({mounted.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, *, leave: int) -> Path:
    """Write a file that leaves so many bytes."""
    state = os.statvfs(disk)
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(max(0, state.f_bavail * state.f_frsize - leave)))
    return ballast


def test_a_full_disk_is_a_sentence_and_the_run_goes_on_once_there_is_space(
    make_cohort: Callable[..., Cohort],
    tiny_backbone: Path,
    small_disk: Path,
    lusscore: Callable[..., Result],
) -> None:
    make_cohort(4, extraction=ExtractionSettings(FramesPolicy("all"), variants=2))
    ballast = fill(small_disk, leave=20 * KILOBYTE)
    arguments = ("features", "tiny", "-b", tiny_backbone, "--features-dir", small_disk / "features")
    result = lusscore(*arguments)
    assert result.exit_code == 2
    assert "free space on the disk" in result.output
    assert "Traceback" not in result.output
    assert not list(small_disk.rglob("*.h5")) + list(small_disk.rglob("*.new"))
    ballast.unlink()
    assert lusscore(*arguments).exit_code == 0
    assert read_features(small_disk / "features" / "tiny" / "tiny.h5").done.all()


def test_growing_on_a_full_disk_leaves_the_file_as_it_was(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, small_disk: Path
) -> None:
    spec = get_backbone(str(tiny_backbone))
    settings = ExtractionSettings(FramesPolicy("all"), variants=20)
    folder = small_disk / "features"
    (outcome,) = extract_features(make_cohort(4, extraction=settings), [spec], folder)
    before = outcome.path.read_bytes()
    ballast = fill(small_disk, leave=8 * KILOBYTE)
    larger = make_cohort(8, extraction=settings)
    with pytest.raises(FeatureFileError, match="no space left on the disk|free space"):
        extract_features(larger, [spec], folder)
    assert outcome.path.read_bytes() == before
    ballast.unlink()
    (grown,) = extract_features(larger, [spec], folder)
    assert (grown.clips, grown.failed) == (8, {})
    assert read_features(grown.path).done.all()


def test_a_disk_that_refuses_a_write_in_the_middle_keeps_every_finished_clip(
    small_disk: Path, make_cohort: Callable[..., Cohort], tiny_backbone: Path
) -> None:
    # Space is taken when a file is made, so that a full disk shows then. A file whose blocks
    # were given back stands for disks that copy on write, where it shows later.
    spec = get_backbone(str(tiny_backbone))
    cohort = make_cohort(
        6, frames=40, extraction=ExtractionSettings(FramesPolicy("all"), variants=20)
    )
    folder = small_disk / "features"
    (outcome,) = extract_features(cohort, [spec], folder)
    whole = read_features(outcome.path)
    with FeatureStore(outcome.path) as store:
        store.revoke(range(4, 12))
    with h5py.File(outcome.path) as file:
        start = file["embeddings"].id.get_offset()
    rows = int((whole.clip < 4).sum())
    hole = start + rows * whole.embeddings[0].nbytes
    subprocess.run(
        ["fallocate", "--punch-hole", "--offset", str(hole), "--length", str(400 * KILOBYTE),
         "--keep-size", str(outcome.path)], check=True,
    )  # fmt: skip
    ballast = fill(small_disk, leave=0)
    with pytest.raises(FeatureFileError, match="free space"):
        extract_features(cohort, [spec], folder)
    ballast.unlink()
    kept = read_features(outcome.path)
    assert kept.done[:4].all()
    extract_features(cohort, [spec], folder)
    assert read_features(outcome.path).embeddings.tobytes() == whole.embeddings.tobytes()


def test_the_writer_tells_a_refused_write_to_whoever_hands_over_the_next(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    clip = PlannedClip("one.mp4", "a" * 64, np.arange(3))
    create_layout(path, [clip], 1, 4, "float32", {"fingerprint": "ff", "fingerprint_parts": "{}"})
    with FeatureStore(path) as store:
        with pytest.raises(ValueError, match="has no room"):
            with Writer() as writer:
                writer.rows(store, 0, np.zeros((9, 1, 4), np.float32), np.zeros(9))
