"""Networks in OpenVINO's format that are made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lusscore.backbones import BackboneSpec
from lusscore.backbones.engines.graph_bytes import plain_xml
from lusscore.backbones.openvino_runtime import import_openvino

SPEC = BackboneSpec(
    name="made",
    input_size=(8, 12),
    preprocessing="none",
    embedding_size=3,
    parameters=100,
    flops=None,
    family="onnx",
)


@pytest.fixture
def made() -> BackboneSpec:
    """What networks of :func:`ir_of` are said to be."""
    return SPEC


@pytest.fixture
def ir_of(tmp_path: Path) -> Callable[..., tuple[bytes, bytes]]:
    """Write outputs that come of inputs as :func:`lusscore.backbones.graph_bytes` would."""

    def write(outputs: Sequence[Any], inputs: Sequence[Any]) -> tuple[bytes, bytes]:
        openvino = import_openvino()
        graph = openvino.Model(list(outputs), list(inputs), "made")
        openvino.save_model(graph, tmp_path / "made.xml", compress_to_fp16=False)
        xml = plain_xml((tmp_path / "made.xml").read_bytes())
        return xml, (tmp_path / "made.bin").read_bytes()

    return write
