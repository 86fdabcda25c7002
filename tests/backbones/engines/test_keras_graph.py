from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lusscore.backbones import BackboneSpec, Weights
from lusscore.backbones.engines.keras_graph import keras_graph
from lusscore.backbones.openvino_runtime import import_openvino

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_graph_takes_frames_of_any_number_and_outlives_its_files(
    toy_spec: BackboneSpec, toy_weights: Weights
) -> None:
    core = import_openvino().Core()
    core.set_property({"ENABLE_MMAP": False})
    graph = keras_graph(core, toy_spec, toy_weights)
    assert graph.inputs[0].partial_shape.to_string() == "[?,32,48,3]"
    assert graph.inputs[0].element_type.to_string() == "u8"
    assert graph.outputs[0].partial_shape.to_string() == "[?,7]"
    assert graph.outputs[0].element_type.to_string() == "f32"


@pytest.mark.slow
def test_another_backend_of_keras_is_refused_in_one_sentence(
    run_python: Run, tmp_path: Path
) -> None:
    code = """
from lusscore.backbones import get_backbone, load_weights, open_engine
from lusscore.errors import EngineError
spec = get_backbone("efficientnet_lite0")
try:
    open_engine("openvino", spec, load_weights(spec))
except EngineError as error:
    print(error)
"""
    ran = run_python(code, KERAS_BACKEND="openvino", KERAS_HOME=str(tmp_path / "keras"))
    assert ran.returncode == 0, ran.stderr
    assert "Keras runs on openvino; unset KERAS_BACKEND or use the engine keras" in ran.stdout
