from __future__ import annotations

from lusscore.backbones.engines.openvino_network import compile_settings
from lusscore.backbones.openvino_runtime import import_openvino


def test_a_cpu_computes_in_the_precision_asked_for_with_a_stream_for_each_thread() -> None:
    settings = compile_settings(import_openvino().Core(), "CPU", 3, "f32")
    assert settings == {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": 3,
        "NUM_STREAMS": 3,
        "ENABLE_CPU_PINNING": False,
    }


def test_without_a_number_of_threads_a_cpu_has_at_least_one() -> None:
    settings = compile_settings(import_openvino().Core(), "CPU", None, "f32")
    assert isinstance(settings["NUM_STREAMS"], int)
    assert settings["NUM_STREAMS"] >= 1


def test_other_devices_wait_for_each_result() -> None:
    settings = compile_settings(import_openvino().Core(), "GPU", 3, "f16")
    assert settings == {"INFERENCE_PRECISION_HINT": "f16", "PERFORMANCE_HINT": "LATENCY"}
