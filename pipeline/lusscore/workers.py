"""Worker processes on this machine, or those of a Dask cluster; joblib is the seam."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any, Protocol, TypeVar

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import BrokenProcessPool

from lusscore.errors import EngineError
from lusscore.registry import load_plugins, with_plugins

_SECONDS_TO_CONNECT = 10
_SECONDS_BETWEEN_LOOKS = 0.5
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class WorkerDiedError(Exception):
    """A worker ended before its task did; which one is not known."""


class Pool(Protocol):
    """Workers.

    Attributes
    ----------
    size
        Clips computed at once.
    threads
        Threads that each worker's network may use by default.
    """

    size: int
    threads: int

    def stream(
        self, compute: Callable[[_Task], _Result], tasks: Iterable[_Task]
    ) -> Iterator[_Result]:
        """Yield results of `compute` as they are finished; tasks are taken as workers are free.

        Raises
        ------
        WorkerDiedError
            If a worker died and took its task along.
        """
        ...


class LocalPool:
    """Processes on this machine; see :class:`Pool`."""

    def __init__(self, workers: int) -> None:
        self.size = workers
        self.threads = max(1, cpu_count() // workers)

    def stream(
        self, compute: Callable[[_Task], _Result], tasks: Iterable[_Task]
    ) -> Iterator[_Result]:
        """See :meth:`Pool.stream`."""
        try:
            with parallel_config(
                "loky", n_jobs=self.size, initializer=start_worker, initargs=(os.getpid(),)
            ):
                yield from _run(compute, tasks, self.size)
        except BrokenProcessPool as error:
            raise WorkerDiedError from error

    def close(self) -> None:
        """End the processes and what they hold in memory."""
        get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)


class DaskPool:
    """The workers of a Dask cluster; see :class:`Pool`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.size = max(1, sum(client.ncores().values()))
        # Dask runs as many clips on a machine as its workers have threads
        self.threads = 1

    def stream(
        self, compute: Callable[[_Task], _Result], tasks: Iterable[_Task]
    ) -> Iterator[_Result]:
        """See :meth:`Pool.stream`."""
        from distributed import KilledWorker

        self.size = max(1, sum(self._client.ncores().values()))
        try:
            # pure=False: a task that is done again must not be answered from Dask's memory
            there = partial(with_plugins, compute, load_plugins())
            with parallel_config("dask", client=self._client, pure=False):
                yield from _run(there, tasks, self.size)
        except KilledWorker as error:
            raise WorkerDiedError from error
        except TimeoutError:
            raise EngineError(
                f"The Dask scheduler {self._client.scheduler.address} has no worker; start some "
                "with 'dask worker', or leave --scheduler out."
            ) from None


@contextmanager
def open_pool(workers: int, scheduler: str | None) -> Iterator[Pool]:
    """Give the workers a user asked for.

    Parameters
    ----------
    workers
        Processes on this machine; not used with a scheduler.
    scheduler
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``.

    Raises
    ------
    EngineError
        If Dask is not installed or there is no scheduler at that address.
    """
    if scheduler is None:
        pool = LocalPool(workers)
        with closing(pool):
            yield pool
        return
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise EngineError(
            "--scheduler needs Dask; install it with: pip install 'lusscore[distributed]'."
        ) from None
    try:
        # asked first, in a loop of its own: a client that was made with a wrong address complains
        # when it is forgotten
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _shake_hands(scheduler)).result()
        client = Client(scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except Exception as error:  # whatever answers there may be no scheduler, and send anything
        reason = str(error) if isinstance(error, (OSError, ValueError)) else type(error).__name__
        raise EngineError(
            f"No Dask scheduler answers at {scheduler} ({reason}); start one with 'dask scheduler' "
            "and give its address, such as tcp://127.0.0.1:8786."
        ) from None
    with client:
        yield DaskPool(client)


async def _shake_hands(scheduler: str) -> None:
    from distributed.comm import connect

    communication = await connect(scheduler, timeout=_SECONDS_TO_CONNECT)
    communication.abort()


def _run(
    compute: Callable[[_Task], _Result], tasks: Iterable[_Task], size: int
) -> Iterator[_Result]:
    """Run tasks on the backend in force; a clip is one parcel, so that results come early."""
    # joblib's words on what is told to the user in our own. A context of the warnings would not
    # hold between the results of a generator.
    for known in ("A worker stopped while some jobs", ".*tasks which were still being processed"):
        warnings.filterwarnings("ignore", known, UserWarning)
    parallel = Parallel(
        return_as="generator_unordered", batch_size=1, pre_dispatch=2 * size, verbose=0
    )
    results = parallel(delayed(compute)(task) for task in tasks)
    try:
        yield from results
    finally:
        with suppress(BrokenProcessPool):
            results.close()


def start_worker(parent: int) -> None:
    """Prepare a new worker process of the process `parent`; runs before its first task.

    A parent that is killed cannot end its workers, which would wait for tasks for ever and keep
    their networks in memory. So each looks after its parent, and leaves Ctrl-C to it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":  # there, the number of a dead parent stays
        threading.Thread(target=_exit_with_parent, args=(parent,), daemon=True).start()


def _exit_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    os._exit(1)
