"""What a worker process does beside its tasks: leave Ctrl-C to its parent, and die with it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

_SECONDS_BETWEEN_LOOKS = 0.5


def start_worker(parent: int) -> None:
    """Prepare a new worker process of the process `parent`; runs before its first task.

    A parent that is killed cannot end its workers, which would wait for tasks for ever and keep
    their networks in memory. So each looks after its parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":  # there, the number of a dead parent stays
        threading.Thread(target=_outlive_not, args=(parent,), daemon=True).start()


def _outlive_not(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)
