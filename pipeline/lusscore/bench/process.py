"""Running the command as its users do: in a process of its own, timed from outside."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


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
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = _PeakMemory(process.pid)
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{arguments} ended with {process.returncode}:\n{output}")
    return Finished(seconds, peak.stop(), output)


class _PeakMemory:
    """Watches the high-water mark that Linux keeps of a process."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._peak: float | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float | None:
        """Stop watching and return the peak in 10^9 bytes, None if it was never told."""
        self._ended.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                continue
            for line in lines:
                if line.startswith("VmHWM:"):
                    self._peak = int(line.split()[1]) * 1024 / 1e9
