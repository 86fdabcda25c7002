"""A Dask cluster on this machine, in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from lusscore.console import say

_SERVE = "from bench.dask_cluster import serve; serve({workers})"


def dask_is_installed() -> bool:
    """Tell whether a cluster can be started."""
    return find_spec("distributed") is not None


@contextmanager
def dask_cluster(workers: int) -> Iterator[str]:
    """Run a cluster of worker processes with one thread each.

    Yields
    ------
    str
        The scheduler's address.
    """
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE.format(workers=workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError(f"No Dask cluster started; it ended with {process.wait()}.")
        try:
            yield address
        finally:
            # the end of its input is its sign to stop
            process.communicate()


def serve(workers: int) -> None:
    """Start a cluster, tell its address and keep it until standard input ends."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        silence_logs=50,
    ) as cluster:
        say(cluster.scheduler_address)
        sys.stdout.flush()
        sys.stdin.read()
