"""The settings under which OpenVINO compiles a network."""

from __future__ import annotations

from typing import Any

from joblib import cpu_count

from lusscore.backbones.openvino_runtime import import_openvino


def compile_settings(
    core: Any, device: str, threads: int | None, precision: str
) -> dict[str, object]:
    """Return what ``core.compile_model`` is given besides the network and the device.

    Parameters
    ----------
    core
        An ``openvino.Core``.
    device
        OpenVINO's name of it.
    threads
        Of a CPU; None for one on each core that this process may use.
    precision
        One of :data:`lusscore.backbones.PRECISIONS`.
    """
    # without it, newer CPUs and graphics processors would round to 16 bits by themselves
    settings: dict[str, object] = {"INFERENCE_PRECISION_HINT": precision}
    if device == "CPU":
        threads = threads or _cores(core)
        settings["INFERENCE_NUM_THREADS"] = settings["NUM_STREAMS"] = threads
        # threads that are tied to a core cannot leave one that another program keeps busy
        settings["ENABLE_CPU_PINNING"] = False
    else:
        # with calls that wait for their result, the hint THROUGHPUT is half as fast
        settings["PERFORMANCE_HINT"] = "LATENCY"
    return settings


def _cores(core: Any) -> int:
    """Count the cores this process may use; two threads of one core share its arithmetic."""
    openvino = import_openvino()
    number = openvino.opset13.parameter([1], openvino.Type.f32)
    graph = openvino.Model([openvino.opset13.relu(number)], [number], "probe")
    compiled = core.compile_model(graph, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
    cores: int = compiled.get_property("INFERENCE_NUM_THREADS")
    # joblib heeds the limits that containers set, OpenVINO the kind of the cores
    return max(1, min(cores, int(cpu_count())))
