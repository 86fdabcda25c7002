from pathlib import Path

from bench.cohorts import make_phantom, make_small_clips
from lusscore.clips import count_frames, digest_clip


def test_a_phantom_has_about_the_frames_asked_for(tmp_path: Path) -> None:
    cohort = make_phantom(tmp_path, 2, 60, dtype="float32")
    paths = [cohort.clip_path(clip) for clip in cohort.clips()]
    assert len(paths) == 24
    assert {count_frames(path) for path in paths} == {3}
    assert cohort.card.extraction.variants == 3
    assert cohort.card.extraction.dtype == "float32"
    assert cohort.folder.name == cohort.name
    written = [path.stat().st_mtime_ns for path in paths]
    assert make_phantom(tmp_path, 2, 60, dtype="float32") == cohort
    assert [path.stat().st_mtime_ns for path in paths] == written


def test_small_clips_are_recordings_of_their_own(tmp_path: Path) -> None:
    cohort = make_small_clips(tmp_path, 14, 5)
    paths = [cohort.clip_path(clip) for clip in cohort.clips()]
    assert len({digest_clip(path) for path in paths}) == 14
    assert {count_frames(path) for path in paths} == {5}
    assert cohort.card.extraction.variants == 0
