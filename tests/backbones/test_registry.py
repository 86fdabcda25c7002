from __future__ import annotations

from dataclasses import replace

import pytest

from lusscore.backbones import BackboneSpec, get_backbone, register_backbone
from lusscore.backbones.registry import builder_of, registered_backbones
from lusscore.errors import BackboneError


def test_a_name_cannot_be_registered_twice() -> None:
    spec = get_backbone("xception")
    with pytest.raises(BackboneError, match="'xception' is registered twice"):
        register_backbone(spec)(lambda spec: None)
    assert registered_backbones()["xception"] is spec


def test_one_registration_makes_a_backbone_known(toy_spec: BackboneSpec) -> None:
    assert get_backbone("toy") is toy_spec


def test_building_what_is_not_registered_says_so(lite0: BackboneSpec) -> None:
    with pytest.raises(BackboneError, match="'gone' is not registered in this process"):
        builder_of(replace(lite0, name="gone"))
