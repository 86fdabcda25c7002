from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.slow
def test_importing_and_computing_says_nothing_and_keeps_other_lines(run_python: Run) -> None:
    code = """
import os
from lusscore.backbones.libraries import _without_start_up_lines, import_keras
keras = import_keras(threads=1)
assert import_keras() is keras
keras.ops.convert_to_numpy(keras.ops.ones(2))
assert os.environ["TF_NUM_INTRAOP_THREADS"] == "1"
with _without_start_up_lines():
    os.write(2, b"I0000 00:00:1 noise\\nworth reading\\n")
"""
    ran = run_python(code)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == ""
    assert ran.stderr == "worth reading\n"


def test_lines_are_passed_on_when_the_import_fails(run_python: Run) -> None:
    code = """
import os
from lusscore.backbones.libraries import _without_start_up_lines
with _without_start_up_lines():
    os.write(2, b"why it failed\\n")
    raise ImportError("broken")
"""
    ran = run_python(code)
    assert "why it failed" in ran.stderr
    assert "ImportError: broken" in ran.stderr


def test_a_backend_that_is_not_installed_is_reported_in_one_sentence(
    run_python: Run, tmp_path: Path
) -> None:
    code = """
from lusscore.backbones.libraries import import_keras
from lusscore.errors import EngineError
try:
    import_keras()
except EngineError as error:
    print(error)
"""
    ran = run_python(code, KERAS_BACKEND="jax", KERAS_HOME=str(tmp_path), PYTHONPATH=str(tmp_path))
    if not ran.stdout:
        pytest.skip("JAX is installed")
    assert "needs the package jax, which is not installed" in ran.stdout
    assert ran.stdout.count("\n") == 1


Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_telemetry_package_is_never_loaded(run_python: Run) -> None:
    code = """
import sys
from lusscore.backbones.libraries import import_openvino
import_openvino().Core()
loaded = [name for name in sys.modules if name.startswith("openvino_telemetry")]
assert loaded == ["openvino_telemetry"] and sys.modules["openvino_telemetry"] is None, loaded
"""
    ran = run_python(code)
    assert ran.returncode == 0, ran.stderr
