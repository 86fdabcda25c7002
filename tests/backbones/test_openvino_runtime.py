from __future__ import annotations

import subprocess
from collections.abc import Callable

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_telemetry_package_is_never_loaded(run_python: Run) -> None:
    code = """
import sys
from lusscore.backbones.openvino_runtime import import_openvino
import_openvino().Core()
loaded = [name for name in sys.modules if name.startswith("openvino_telemetry")]
assert loaded == ["openvino_telemetry"] and sys.modules["openvino_telemetry"] is None, loaded
"""
    ran = run_python(code)
    assert ran.returncode == 0, ran.stderr
