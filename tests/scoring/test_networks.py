from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from bundle_maker import CHANNELS, SIZE, make_bundle
from clip_maker import moving_bar, write_video
from lusscore.clips import open_clip
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.scoring import ExamClip
from lusscore.scoring.networks import Networks, stream_exam

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


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 255, (7, SIZE, SIZE, 1), dtype=np.uint8)
    return write_video(tmp_path / "clip.mp4", noise.repeat(3, axis=3))


def test_embeddings_and_maps_are_the_networks_own(tmp_path: Path, clip: Path) -> None:
    bundle = make_bundle(tmp_path / "n", backbones=("first", "second"))
    frames = np.stack([frame.rgb for frame in open_clip(clip)])
    with Networks(bundle) as networks:
        (seen,) = networks.embed([ExamClip(clip)])
        for name, network in networks._networks.items():
            expected, maps = network.run(frames)
            np.testing.assert_allclose(seen.embeddings[name][:, 0], expected, rtol=1e-5)
            np.testing.assert_allclose(maps["embedding"].mean(axis=(1, 2)), expected, rtol=1e-4)
    assert seen.maps.shape == (7, 8, 8, 4)
    assert len(seen.times) == 7
    assert seen.pictures is not None


@pytest.mark.parametrize(("asked", "width"), [(False, 1), (True, 4)])
def test_variants_that_no_head_asks_for_are_not_computed(
    tmp_path: Path, clip: Path, asked: bool, width: int
) -> None:
    extraction = ExtractionSettings(FramesPolicy("all"), variants=3, dtype="float32", sector="none")
    settings = {"test_variants": asked}
    bundle = make_bundle(tmp_path / "n", extraction=extraction, settings=settings)
    with Networks(bundle) as networks:
        (seen,) = networks.embed([ExamClip(clip)])
    assert seen.embeddings["tiny"].shape == (7, width, CHANNELS)
