from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from lusscore.clips import open_clip
from lusscore.cohort import Card, Cohort, PhantomSettings, read_cohort, write_cohort, write_phantom
from lusscore.cohort.phantom.render import render_clip
from lusscore.errors import CohortError, WriteError


def media(cohort: Cohort) -> dict[str, bytes]:
    return {clip: cohort.clip_path(clip).read_bytes() for clip in cohort.clips()}


def test_it_reads_back_as_a_valid_cohort(small_cohort: Cohort) -> None:
    read = read_cohort(small_cohort.folder)
    assert read == small_cohort
    assert len(read.segments) == 2 * 12
    assert {segment.zone for segment in read.segments} == set(read.protocol.zone_names)
    assert {segment.exam for segment in read.segments} == {"1"}
    assert {segment.patient for segment in read.segments} == {"phantom-001", "phantom-002"}
    assert {segment.group for segment in read.segments} == {"covid", "healthy"}


def test_it_says_that_it_is_synthetic(small_cohort: Cohort) -> None:
    card = small_cohort.card
    assert card.synthetic
    assert card.label_level == "frame"
    assert card.licence == "CC0-1.0"
    assert card.source == "lusscore phantom --seed 4"
    assert "no result on it says anything about patients" in card.description
    assert all(segment.device.startswith("phantom-") for segment in small_cohort.segments)


def test_every_clip_has_its_frames(small_cohort: Cohort, small: PhantomSettings) -> None:
    for clip in small_cohort.clips():
        with av.open(str(small_cohort.clip_path(clip))) as container:
            frames = list(container.decode(video=0))
        assert len(frames) == small.frames
        assert (frames[0].height, frames[0].width) == (small.size, small.size)


def test_every_clip_shows_the_score_that_the_manifest_gives_it(
    small_cohort: Cohort, small: PhantomSettings
) -> None:
    segments = {segment.score: segment for segment in small_cohort.segments}
    assert len(segments) > 2
    for score, segment in segments.items():
        shown = np.stack([frame.rgb for frame in open_clip(small_cohort.clip_path(segment.clip))])
        patient = int(segment.patient.removeprefix("phantom-"))
        far = [
            np.abs(shown - render_clip(small, patient, segment.zone, other).astype(float)).mean()
            for other in range(4)
        ]
        assert np.argmin(far) == score


def test_any_number_of_jobs_gives_the_same_bytes(
    small_cohort: Cohort, small: PhantomSettings, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    parallel = write_phantom(
        tmp_path / "small", small, jobs=2, progress=lambda done, of: seen.append((done, of))
    )
    assert media(parallel) == media(small_cohort)
    assert parallel.segments == small_cohort.segments
    assert seen == [(done, 24) for done in range(1, 25)]


def test_patients_stay_the_same_when_more_are_added(tmp_path: Path) -> None:
    one = PhantomSettings(patients=1, frames=2, size=96)
    few = write_phantom(tmp_path / "few", one, jobs=1)
    more = write_phantom(tmp_path / "more", replace(one, patients=2), jobs=1)
    assert more.segments[:12] == few.segments
    assert media(few).items() <= media(more).items()


def test_an_existing_phantom_is_kept_unless_overwritten(tmp_path: Path) -> None:
    settings = PhantomSettings(patients=1, frames=2, size=96)
    first = write_phantom(tmp_path / "c", settings, jobs=1)
    before = media(first)
    with pytest.raises(CohortError, match="there is a synthetic cohort already"):
        write_phantom(tmp_path / "c", replace(settings, seed=1), jobs=1)
    assert media(first) == before
    second = write_phantom(tmp_path / "c", replace(settings, seed=1), jobs=1, overwrite=True)
    assert media(second) != before
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("overwrite", [True, False])
def test_real_data_is_never_replaced(tmp_path: Path, overwrite: bool) -> None:
    write_cohort(tmp_path / "c", Card("c", "lus-12", "unknown"), [])
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "notes.txt").write_text("mine", encoding="utf-8")
    for name, words in (
        ("c", "never overwritten"),
        ("d", "not a cohort"),
        ("d/notes.txt", "not a"),
    ):
        with pytest.raises(CohortError, match=words):
            write_phantom(tmp_path / name, PhantomSettings(patients=1), jobs=1, overwrite=overwrite)


@pytest.mark.parametrize("jobs", [0, -2])
def test_a_bad_number_of_jobs_is_refused(tmp_path: Path, jobs: int) -> None:
    with pytest.raises(CohortError, match=f"jobs = {jobs} is not allowed"):
        write_phantom(tmp_path / "c", PhantomSettings(patients=1), jobs=jobs)


def test_a_place_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match="it cannot be written"):
        write_phantom(tmp_path / "file" / "c", PhantomSettings(patients=1, frames=2), jobs=1)


@pytest.mark.slow
def test_a_killed_run_leaves_no_cohort_and_can_be_repeated(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from lusscore.cohort import PhantomSettings, write_phantom\n"
        f"write_phantom(Path({str(tmp_path / 'c')!r}), PhantomSettings(), jobs=1)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        deadline = time.monotonic() + 60
        while not any(tmp_path.rglob("*.mp4")):
            assert process.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < deadline, "the run wrote nothing"
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    assert not (tmp_path / "c").exists()
    settings = PhantomSettings(patients=1, frames=2, size=96)
    assert read_cohort(write_phantom(tmp_path / "c", settings, jobs=1).folder).segments
