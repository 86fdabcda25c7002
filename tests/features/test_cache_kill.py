"""Real processes that are killed, run beside each other or meet a full disk lose nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from features_process import start_features
from lusscore.backbones import get_backbone
from lusscore.cohort import Card, Cohort, ExtractionSettings, FramesPolicy, Segment, write_cohort
from lusscore.errors import DamagedFileError
from lusscore.features import cohort_status, extract_features, read_features, verify_cohort
from small_disk import KILOBYTE, fill, make_read_only, small_disk  # noqa: F401

pytestmark = pytest.mark.slow

KILLS = 4
CLIPS, FRAMES = 24, 6
EXTRACTION = ExtractionSettings(FramesPolicy("all"), variants=1)


def stored(path: Path) -> bytes:
    file = read_features(path, again=True)
    assert file.done.all()
    return bytes(file.stored.tobytes() + file.time.tobytes() + file.frame.tobytes())


def parts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob(".cache/*/*/*/*.h5")}


def finish(folder: Path, *options: str) -> dict[str, int]:
    process = start_features(folder, *options)
    printed, told = process.communicate(timeout=240)
    assert process.returncode == 0, told
    (outcome,) = json.loads(printed)
    return dict(outcome)


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["here", "workers"])
def test_kill_9_at_random_moments_loses_and_spoils_nothing(
    make_cohort: Callable[..., Cohort], tmp_path: Path, options: tuple[str, ...]
) -> None:
    make_cohort(CLIPS // 2, frames=FRAMES, extraction=EXTRACTION)
    folder = tmp_path / "features"
    chance = random.Random(7)
    seen: dict[str, bytes] = {}
    for kill in range(KILLS):
        process = start_features(tmp_path, *options)
        while kill % 3 and process.poll() is None and len(parts(folder)) <= len(seen):
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.2) if kill % 3 else chance.uniform(0.5, 3.0))
        process.kill()
        process.communicate(timeout=120)
        now = parts(folder)
        assert {name: now[name] for name in seen} == seen
        seen = now
    outcome = finish(tmp_path, *options)
    assert outcome["clips"] <= CLIPS - len(seen) + 2  # those that a dying worker finished
    straight = finish(tmp_path, "--features-dir", "straight")
    assert straight["clips"] == CLIPS
    (made,) = (tmp_path / "features" / "tiny").glob("*.h5")
    assert stored(made) == stored(tmp_path / "straight" / "tiny" / made.name)


def test_kill_9_while_packing_leaves_the_file_that_was_there(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    # many frames, so that packing takes a while
    wide = ExtractionSettings(FramesPolicy("all"), variants=200)
    cohort = make_cohort(6, frames=20, extraction=wide)
    spec, folder = get_backbone(str(tiny_backbone)), tmp_path / "features"
    (outcome,) = extract_features(cohort, [spec], folder)
    before = outcome.path.read_bytes()
    segments = cohort.segments[1:]
    write_cohort(cohort.folder, cohort.card, segments)
    chance = random.Random(3)
    for _ in range(6):
        process = start_features(tmp_path, "-b", str(tiny_backbone))
        while process.poll() is None and not list(outcome.path.parent.glob(".*.tmp")):
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.01))
        process.kill()
        process.communicate(timeout=60)
        now = read_features(outcome.path, again=True)  # whole, whichever it is
        assert outcome.path.read_bytes() == before or len(now.paths) == len(segments)
    assert finish(tmp_path, "-b", str(tiny_backbone))["images"] == 0
    assert len(read_features(outcome.path).paths) == len(segments)


def test_what_killed_runs_left_is_swept_after_a_day_and_not_before(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "features"
    old, young = folder / "tiny" / ".0123.tmp", folder / ".cache" / "x" / ".4567.tmp"
    for path in (old, young):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")
    os.utime(old, (0, time.time() - 25 * 3600))
    extract_features(make_cohort(1), [get_backbone(str(tiny_backbone))], folder)
    assert (old.exists(), young.exists()) == (False, True)


def test_two_runs_at_once_divide_the_work_and_give_the_same(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    make_cohort(30, frames=FRAMES, extraction=EXTRACTION)
    finish(tmp_path, "--features-dir", "straight")
    shutil.copytree(tmp_path / "straight" / ".networks", tmp_path / "features" / ".networks")
    runs = [start_features(tmp_path) for _ in range(2)]
    printed = [run.communicate(timeout=240) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], printed
    clips = [json.loads(out)[0]["clips"] for out, _ in printed]
    assert min(clips) > 0
    assert 60 <= sum(clips) < 90  # some that both had begun, and not all twice
    name = "efficientnet_lite0.h5"
    made = tmp_path / "features" / "tiny" / name
    assert stored(made) == stored(tmp_path / "straight" / "tiny" / name)


def test_a_full_disk_is_a_sentence_and_the_run_goes_on_once_there_is_space(
    make_cohort: Callable[..., Cohort],
    tiny_backbone: Path,
    small_disk: Path,  # noqa: F811
    lusscore: Callable[..., Result],
) -> None:
    wide = ExtractionSettings(FramesPolicy("all"), variants=40)
    cohort = make_cohort(4, frames=40, extraction=wide)
    arguments = ("features", "tiny", "-b", tiny_backbone, "--features-dir", small_disk / "features")
    for leave in (0, 20, 40, 60, 80):
        ballast = fill(small_disk, leave=leave * KILOBYTE)
        result = lusscore(*arguments)
        assert result.exit_code == 2
        assert "free space" in result.output
        assert "Traceback" not in result.output
        assert not list(small_disk.rglob(".*.tmp"))
        ballast.unlink()
    assert lusscore(*arguments).exit_code == 0
    path = small_disk / "features" / "tiny" / "tiny.h5"
    extract_features(cohort, [get_backbone(str(tiny_backbone))], small_disk.parent / "straight")
    assert stored(path) == stored(small_disk.parent / "straight" / "tiny" / "tiny.h5")


def test_packing_on_a_full_disk_leaves_the_file_as_it_was(
    make_cohort: Callable[..., Cohort],
    tiny_backbone: Path,
    small_disk: Path,  # noqa: F811
    lusscore: Callable[..., Result],
) -> None:
    settings = ExtractionSettings(FramesPolicy("all"), variants=20)
    arguments = ("features", "tiny", "-b", tiny_backbone, "--features-dir", small_disk / "features")
    cohort = make_cohort(8, extraction=settings)
    assert lusscore(*arguments).exit_code == 0
    path = small_disk / "features" / "tiny" / "tiny.h5"
    before = path.read_bytes()
    write_cohort(cohort.folder, cohort.card, cohort.segments[1:])
    for leave in (0, 4, 12):
        ballast = fill(small_disk, leave=leave * KILOBYTE)
        assert lusscore(*arguments).exit_code == 2
        assert path.read_bytes() == before
        ballast.unlink()
    assert lusscore(*arguments).exit_code == 0
    assert len(read_features(path).paths) == 15


def test_a_read_only_folder_is_read_and_a_write_is_refused_in_a_sentence(
    make_cohort: Callable[..., Cohort],
    tiny_backbone: Path,
    small_disk: Path,  # noqa: F811
    lusscore: Callable[..., Result],
) -> None:
    cohort = make_cohort(8, extraction=EXTRACTION)
    place = ("--features-dir", small_disk / "features")
    assert lusscore("features", "tiny", "-b", tiny_backbone, *place).exit_code == 0
    (small_disk / "features" / "tiny" / "media.json").unlink()
    make_read_only(small_disk)
    for command in (
        ("status", "tiny"),
        ("verify", "tiny"),
        ("features", "tiny", "-b", tiny_backbone),
        ("features", "tiny", "-b", tiny_backbone, "--dry-run"),
        ("cv", "tiny", "--head", "logistic", "--folds", "2"),
        ("suggest", "tiny"),
    ):
        result = lusscore(*command, *place)
        assert result.exit_code == 0, result.output
    write_cohort(cohort.folder, cohort.card, cohort.segments[1:])
    result = lusscore("features", "tiny", "-b", tiny_backbone, *place)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from lusscore.cli import main
main(sys.argv[1:])
"""


def test_ten_thousand_clips_under_a_limit_of_256_open_files(
    tiny_backbone: Path, tmp_path: Path
) -> None:
    # one picture is the shortest clip there is; each has bytes of its own
    from PIL import Image

    folder = tmp_path / "data" / "many"
    (folder / "clips").mkdir(parents=True)
    segments = []
    for number in range(10_000):
        clip = f"clips/{number}.png"
        Image.new("RGB", (32, 24), (number % 256, number // 256, 7)).save(folder / clip)
        segments.append(Segment(clip, f"p{number % 50}", "1", "R1", number % 4))
    extraction = ExtractionSettings(FramesPolicy("all"), variants=0, sector="none")
    write_cohort(folder, Card("many", "blue-6", "soldati-2020", extraction=extraction), segments)

    asked = ("features", "many", "-b", str(tiny_backbone), "--json")

    def run() -> dict[str, int]:
        done = subprocess.run(
            [sys.executable, "-c", _LIMITED, *asked], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        (outcome,) = json.loads(done.stdout)
        return dict(outcome)

    assert run()["clips"] == 10_000
    again = run()
    assert (again["images"], again["packed"]) == (0, False)
    assert read_features(tmp_path / "features" / "many" / "tiny.h5").done.sum() == 10_000


_NO_LOCKS = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
int flock(int f, int o) { errno = ENOLCK; return -1; }
int fcntl(int f, int c, ...) {
  va_list a; va_start(a, c); void *p = va_arg(a, void *); va_end(a);
  if (c == F_SETLK || c == F_SETLKW) { errno = ENOLCK; return -1; }
  extern int __fcntl(int, int, ...); return __fcntl(f, c, p);
}
int fcntl64(int f, int c, ...) {
  va_list a; va_start(a, c); void *p = va_arg(a, void *); va_end(a);
  return fcntl(f, c, p);
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc, for a library without locks")
def test_a_file_system_without_locks_is_enough(
    make_cohort: Callable[..., Cohort],
    tiny_backbone: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "nolock.c").write_text(_NO_LOCKS)
    library = tmp_path / "nolock.so"
    made = subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", str(library), str(tmp_path / "nolock.c")],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"no library without locks here: {made.stderr}")
    cohort = make_cohort(2, extraction=EXTRACTION)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    assert finish(tmp_path, "-b", str(tiny_backbone))["clips"] == 4
    assert finish(tmp_path, "-b", str(tiny_backbone))["clips"] == 0
    monkeypatch.delenv("LD_PRELOAD")
    assert verify_cohort(cohort, tmp_path / "features")[0].findings == []


def test_a_run_that_died_shows_as_unfinished(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    cohort = make_cohort(CLIPS // 2, frames=FRAMES, extraction=EXTRACTION)
    spec, folder = get_backbone(str(tiny_backbone)), tmp_path / "features"
    (outcome,) = extract_features(cohort, [spec], folder)
    outcome.path.unlink()
    shutil.rmtree(next(iter(folder.glob(".cache/tiny-*/*"))))
    (status,) = cohort_status(cohort, folder, [str(tiny_backbone)])
    assert status.state == "unfinished"
    os.truncate(outcome.path, 0) if outcome.path.exists() else outcome.path.touch()
    with pytest.raises(DamagedFileError):
        read_features(outcome.path)
