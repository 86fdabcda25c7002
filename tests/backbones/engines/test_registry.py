from __future__ import annotations

import pytest

from lusscore.backbones import (
    BackboneSpec,
    engine_names,
    load_weights,
    open_engine,
    register_engine,
)
from lusscore.errors import EngineError


def test_the_fast_engine_comes_first() -> None:
    assert engine_names() == ("openvino", "keras")


def test_unknown_engine_lists_the_registered_ones(lite0: BackboneSpec) -> None:
    with pytest.raises(EngineError, match="'tensorrt'; expected one of openvino, keras"):
        open_engine("tensorrt", lite0, load_weights(lite0))


def test_a_name_cannot_be_registered_twice() -> None:
    with pytest.raises(EngineError, match="'keras' is registered twice"):
        register_engine("keras")(lambda *_, **__: None)
