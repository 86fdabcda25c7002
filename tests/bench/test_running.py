"""Processes that are measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.running import call_in_process, measure_sgemm, measure_sgemm_alone, run_python


def test_a_process_is_timed_and_weighed() -> None:
    finished = run_python(["-c", "import time; x = bytearray(10**8); time.sleep(0.3); print(1)"])
    assert finished.output == "1\n"
    assert finished.seconds > 0.3
    assert finished.peak_memory_gb is None or 0.1 < finished.peak_memory_gb < 0.3


def test_remarks_are_not_taken_for_output() -> None:
    assert run_python(["-c", "import sys; print('no', file=sys.stderr)"]).output == ""


def test_what_a_failing_process_said_is_told() -> None:
    with pytest.raises(RuntimeError, match="broken"):
        run_python(["-c", "raise SystemExit('broken')"])


def test_a_function_is_called_in_a_process_of_its_own() -> None:
    from bench.running import write_random_weights
    from bench.subjects import register_small_backbone

    assert call_in_process(register_small_backbone) is None
    with pytest.raises(RuntimeError, match="missing 1 required positional argument"):
        call_in_process(write_random_weights, path=Path("x"))


def test_the_matrix_product_has_a_speed_here_and_alone() -> None:
    assert measure_sgemm(64, 3) > 0
    assert measure_sgemm_alone() > 0
