from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bundle_maker import CHANNELS, SIZE, make_bundle
from clip_maker import write_video
from lusscore.clips import open_clip
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.scoring import ExamClip
from lusscore.scoring.embedded import Networks


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


def test_a_file_that_cannot_be_read_gives_nothing_to_look_at(tmp_path: Path, clip: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:200])
    with Networks(make_bundle(tmp_path / "n")) as networks:
        seen = list(networks.embed([ExamClip(broken), ExamClip(clip)]))
    by_number = {each.found.number: each for each in seen}
    assert by_number[1].pictures is None
    assert by_number[1].found.error
    assert by_number[2].pictures is not None
