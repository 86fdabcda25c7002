from pathlib import Path

import pytest

from bench.small_backbone import SMALL_SPEC
from bench.weights import provide_weights
from lusscore.backbones import get_backbone
from lusscore.errors import WeightsError


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
