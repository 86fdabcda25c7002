from __future__ import annotations

from pathlib import Path

import pytest

from lusscore.backbones import BackboneSpec, get_backbone


@pytest.fixture
def spec(tiny_backbone: Path) -> BackboneSpec:
    """A tiny ONNX network."""
    return get_backbone(str(tiny_backbone))
