from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clip_maker import moving_bar, write_video
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.scoring.clip_source import stream_exam
from lusscore.scoring.scored import ExamClip

ALL = ExtractionSettings(FramesPolicy("all"), variants=0, sector="none")


def gather(paths: list[Path], extraction: ExtractionSettings = ALL, per_chunk: int = 4):  # type: ignore[no-untyped-def]
    chunks, ended = {}, []
    clips = [ExamClip(path) for path in paths]
    for found, chunk in stream_exam(clips, extraction, [(32, 32)], per_chunk):
        if chunk is None:
            ended.append(found)
        else:
            chunks.setdefault(found.number, []).append(chunk)
    return chunks, ended


def video(path: Path, frames: int, seed: int) -> Path:
    return write_video(path, moving_bar(frames, seed=seed))


def test_every_clip_comes_in_order_with_all_its_frames(tmp_path: Path) -> None:
    paths = [video(tmp_path / f"{number}.mp4", 5 + number, number) for number in range(4)]
    chunks, ended = gather(paths)
    assert [found.number for found in ended] == [1, 2, 3, 4]
    for number, found in enumerate(ended, 1):
        own = chunks[number]
        assert sum(len(chunk.times) for chunk in own) == len(found.frames) == 4 + number
        assert max(len(chunk.times) for chunk in own) <= 4
        assert sum(len(chunk.shown) for chunk in own) == len(found.frames)
        assert own[0].images[32, 32].shape[1:] == (1, 32, 32, 3)
        assert len(found.digest) == 64


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_clip_that_cannot_be_read_says_so_and_stops_no_other(tmp_path: Path, place: int) -> None:
    paths = [video(tmp_path / f"{number}.mp4", 3, number) for number in range(2)]
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\x00\x01 no film" * 50)
    paths.insert(place, broken)
    chunks, ended = gather(paths)
    assert [found.number for found in ended] == [1, 2, 3]
    assert [bool(found.error) for found in ended] == [place == at for at in range(3)]
    assert sorted(chunks) == [at + 1 for at in range(3) if at != place]


def test_only_broken_clips_come_back_too(tmp_path: Path) -> None:
    missing = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    chunks, ended = gather(missing)
    assert not chunks
    assert all(found.error for found in ended)


def test_one_recording_given_twice_is_scored_once(tmp_path: Path) -> None:
    first = video(tmp_path / "a.mp4", 3, 0)
    copy = tmp_path / "b.mp4"
    shutil.copy(first, copy)
    other = video(tmp_path / "c.mp4", 3, 1)
    chunks, ended = gather([first, copy, other])
    assert sorted(chunks) == [1, 3]
    assert ended[1].error == "The clip is the same recording as clip 1."
    assert ended[1].digest == ended[0].digest


def test_frames_are_those_of_the_policy(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", 20, 0)
    extraction = ExtractionSettings(FramesPolicy("per-clip", 5), variants=1, sector="none")
    chunks, ended = gather([path], extraction)
    assert ended[0].frames.tolist() == [2, 6, 10, 14, 18]
    assert chunks[1][0].images[32, 32].shape[1] == 2
