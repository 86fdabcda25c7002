"""Running things in a process of their own, timed and weighed from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# calls "module:function" with keyword arguments given as JSON and prints its answer as JSON
_CALL = """
import importlib, json, sys
module, name = sys.argv[1].split(":")
answer = getattr(importlib.import_module(module), name)(**json.loads(sys.argv[2]))
print()
print(json.dumps(answer))
"""


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Attributes
    ----------
    seconds
        From start to end.
    peak_memory_gb
        Largest resident size in 10^9 bytes; None where the system does not tell.
    output
        What it printed to standard output.
    """

    seconds: float
    peak_memory_gb: float | None
    output: str


def run_python(arguments: Sequence[str], *, cwd: Path | None = None) -> Finished:
    """Run this Python with `arguments` and measure it.

    Raises
    ------
    RuntimeError
        If it fails; what it said is in the message.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        peak = _PeakMemory(process.pid)
        try:
            output, remarks = process.communicate()
        except BaseException:
            process.kill()
            raise
        finally:
            peak.stop()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(
            f"{arguments} ended with {process.returncode}:\n{output.strip()}\n{remarks.strip()}"
        )
    return Finished(seconds, peak.gigabytes, output)


def call_in_process(function: Callable[..., Any], **arguments: object) -> Any:
    """Call a function of a module in a process of its own and return its answer.

    Parameters
    ----------
    function
        Defined at the top of a module of this package.
    arguments
        Values that JSON has, and paths, which arrive as text.

    Returns
    -------
    object
        What the function returned, after a passage through JSON.

    Raises
    ------
    RuntimeError
        If it fails; what it said is in the message.
    """
    place = f"{function.__module__}:{function.__qualname__}"
    finished = run_python(["-c", _CALL, place, json.dumps(arguments, default=str)])
    return json.loads(finished.output.splitlines()[-1])


class _PeakMemory:
    """Watches the high-water mark that Linux keeps of a process.

    Attributes
    ----------
    gigabytes
        The mark in 10^9 bytes; None if it was never told.
    """

    def __init__(self, pid: int) -> None:
        self.gigabytes: float | None = None
        self._status = Path(f"/proc/{pid}/status")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                continue
            for line in lines:
                if line.startswith("VmHWM:"):
                    self.gigabytes = int(line.split()[1]) * 1024 / 1e9
