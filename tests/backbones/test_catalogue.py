from __future__ import annotations

from pathlib import Path

import pytest

from lusscore.backbones import DEFAULT_BACKBONE, backbone_names, get_backbone
from lusscore.errors import BackboneError


def test_the_default_comes_first_then_the_networks_of_the_source_method() -> None:
    names = backbone_names()
    assert names[:4] == (DEFAULT_BACKBONE, "xception", "resnet50", "vgg16")
    assert list(names[4:]) == sorted(names[4:])
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["mobilenet_v3_large", "MobileNetV3Large", "MOBILENET-V3-LARGE"])
def test_spelling_of_a_name_does_not_matter(name: str) -> None:
    assert get_backbone(name).name == "mobilenet_v3_large"


def test_no_two_backbones_differ_in_spelling_only() -> None:
    for name in backbone_names():
        assert get_backbone(name.replace("_", "").upper()).name == name


def test_unknown_name_gives_near_matches_and_what_there_is() -> None:
    with pytest.raises(BackboneError) as caught:
        get_backbone("xceptoin")
    message = str(caught.value)
    assert "Unknown backbone 'xceptoin'; did you mean xception" in message
    assert "efficientnet_lite0, xception, resnet50, vgg16" in message
    assert "lusscore backbones --all" in message
    assert ".onnx" in message


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(BackboneError) as caught:
        get_backbone("qqqqqqqq")
    assert "did you mean" not in str(caught.value)


def test_a_missing_onnx_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match=r"none\.onnx: there is no ONNX file here"):
        get_backbone(str(tmp_path / "none.onnx"))
