"""Killed at any moment, in real processes, again and again: nothing lost, nothing wrong."""

import json
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from features_process import start_features
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy
from lusscore.features import cohort_status, read_features

KILLS = 4
CLIPS, FRAMES = 24, 6


def stored(path: Path) -> bytes:
    with h5py.File(path) as file:
        return bytes(file["embeddings"][...].tobytes() + file["frames/time"][...].tobytes())


def wait_for_progress(process: "subprocess.Popen[str]", path: Path, clips: int) -> None:
    """Wait until so many clips are done, or the process has ended."""
    while process.poll() is None:
        time.sleep(0.01)
        if path.exists():
            with h5py.File(path, locking=False) as file:
                if file["clips/done"][...].sum() >= clips:
                    return


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["here", "workers"])
def test_kill_9_at_random_moments_loses_and_spoils_nothing(
    make_cohort: Callable[..., Cohort], tmp_path: Path, options: tuple[str, ...]
) -> None:
    settings = ExtractionSettings(frames=FramesPolicy("all"), variants=1)
    cohort = make_cohort(CLIPS // 2, frames=FRAMES, extraction=settings)
    folder = tmp_path / "features"
    path = folder / "tiny" / "efficientnet_lite0.h5"
    chance = random.Random(7)
    seen: dict[int, bytes] = {}
    killed = 0
    while killed < KILLS:
        process = start_features(tmp_path, *options)
        if killed % 3:
            wait_for_progress(process, path, len(seen) + 1)
            time.sleep(chance.uniform(0, 0.2))
        else:
            time.sleep(chance.uniform(0.5, 3.0))
        process.kill()
        process.communicate(timeout=120)
        killed += 1
        (status,) = cohort_status(cohort, folder, ["efficientnet_lite0"])
        if not path.exists():
            assert status.state == "missing"
            continue
        file = read_features(path)  # opens, and every finished clip fits its checksum
        done = {row for row, is_done in enumerate(file.done) if is_done}
        assert seen.keys() <= done
        assert status.frames_done == len(done) * FRAMES
        assert status.state == ("fresh" if len(done) == CLIPS else "unfinished")
        now = {row: file.embeddings[file.clip == row].tobytes() for row in done}
        assert {row: now[row] for row in seen} == seen
        seen = now

    process = start_features(tmp_path, *options)
    printed, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    (outcome,) = json.loads(printed)
    assert (outcome["clips"], outcome["frames"]) == (
        CLIPS - len(seen),
        (CLIPS - len(seen)) * FRAMES,
    )

    straight = start_features(tmp_path, "--features-dir", "straight")
    straight.communicate(timeout=120)
    assert straight.returncode == 0
    assert stored(path) == stored(tmp_path / "straight" / "tiny" / "efficientnet_lite0.h5")
    leftovers = {entry.suffix for entry in path.parent.iterdir()}
    assert leftovers <= {".h5", ".json", ".lock"}
