"""What is measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.running import provide_weights, run_python
from bench.subjects import SMALL_COMMAND, SMALL_SPEC, find_backbone, make_phantom, make_small_clips
from lusscore.backbones import backbone_names, get_backbone
from lusscore.clips import count_frames, digest_clip
from lusscore.errors import WeightsError


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


COUNT = """
from bench.subjects import *
model = build_small_backbone(SMALL_SPEC)
print(model.count_params(), model.output_shape[-1])
"""


def test_no_user_finds_it_in_a_list() -> None:
    assert find_backbone("small") is SMALL_SPEC
    assert "small" not in backbone_names()


def test_the_command_knows_it_where_it_is_asked_for() -> None:
    listed = run_python(["-c", SMALL_COMMAND, "backbones", "--all", "--json"]).output
    assert "small" in {row["name"] for row in json.loads(listed)}


@pytest.mark.slow
def test_its_spec_is_what_is_built() -> None:
    parameters, size = run_python(["-c", COUNT]).output.split()
    assert int(parameters) == SMALL_SPEC.parameters
    assert int(size) == SMALL_SPEC.embedding_size


def test_other_backbones_are_found_as_ever() -> None:
    assert find_backbone("resnet50").embedding_size == 2048
    with pytest.raises(Exception, match="Unknown backbone"):
        find_backbone("resnet5")


def test_weights_that_are_there_are_used(small_weights: Path, tmp_path: Path) -> None:
    found = provide_weights(SMALL_SPEC, small_weights, tmp_path / "spare")
    assert (found.folder, found.random, found.remark) == (small_weights, False, "")
    assert not (tmp_path / "spare").exists()


def test_bundled_weights_need_no_folder(tmp_path: Path) -> None:
    found = provide_weights(get_backbone("efficientnet_lite0"), None, tmp_path)
    assert (found.folder, found.random) == (None, False)


def test_missing_weights_are_made_up_once_and_said_to_be(small_weights: Path) -> None:
    path = small_weights / "small.weights.h5"
    before = path.stat().st_mtime_ns
    found = provide_weights(SMALL_SPEC, None, small_weights)
    assert path.stat().st_mtime_ns == before
    assert found.remark == ", random weights"


def test_an_onnx_file_that_is_gone_is_named(tiny_backbone: Path, tmp_path: Path) -> None:
    path = tmp_path / "gone.onnx"
    path.write_bytes(tiny_backbone.read_bytes())
    spec = get_backbone(str(path))
    path.unlink()
    with pytest.raises(WeightsError, match=r"gone\.onnx"):
        provide_weights(spec, None, tmp_path)
