"""The thread through which all results of a run reach the disk."""

from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.errors import FeatureFileError
from lusscore.features.file.grow import describe_disk_error
from lusscore.features.file.store import FeatureStore

# results that wait for the disk; when it is slower than the networks, they wait for it
_WAITING = 64


@dataclass(frozen=True)
class _Rows:
    store: FeatureStore
    clip: int
    embeddings: NDArray[np.floating[Any]]
    times: NDArray[np.floating[Any]]


@dataclass(frozen=True)
class _Finish:
    store: FeatureStore
    clip: int
    done: Callable[[], None]


@dataclass(frozen=True)
class _Fail:
    store: FeatureStore
    clip: int
    error: str


class Writer:
    """Writes what networks computed while they compute the next; a context manager.

    Clips that are finished while the disk is busy are committed together. Leaving the context
    waits until all is on the disk.

    Raises
    ------
    FeatureFileError
        From any method and on leaving, once the disk has refused a write.
    """

    def __init__(self) -> None:
        self._queue: queue.Queue[_Rows | _Finish | _Fail | None] = queue.Queue(_WAITING)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="lusscore-write", daemon=True)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._queue.put(None)
        self._thread.join()
        if error is None:
            self._check()

    def rows(
        self,
        store: FeatureStore,
        clip: int,
        embeddings: NDArray[np.floating[Any]],
        times: NDArray[np.floating[Any]],
    ) -> None:
        """Write the next rows of a clip; see :meth:`FeatureStore.append`."""
        self._put(_Rows(store, clip, embeddings, times))

    def finish(self, store: FeatureStore, clip: int, done: Callable[[], None]) -> None:
        """Commit a clip, then call `done` in the writer's thread."""
        self._put(_Finish(store, clip, done))

    def fail(self, store: FeatureStore, clip: int, error: str) -> None:
        """Record why a clip has no embeddings."""
        self._put(_Fail(store, clip, error))

    def _put(self, item: _Rows | _Finish | _Fail) -> None:
        self._check()
        self._queue.put(item)

    def _check(self) -> None:
        if isinstance(self._error, (OSError, RuntimeError)):
            raise FeatureFileError(
                f"Writing embeddings failed ({describe_disk_error(self._error)}); free space or "
                "check the drive and run this again: every finished clip is kept."
            ) from self._error
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        ended = False
        while not ended:
            items = [self._queue.get()]
            while not self._queue.empty():
                items.append(self._queue.get_nowait())
            ended = items[-1] is None
            if self._error is None:
                try:
                    _write([item for item in items if item is not None])
                except BaseException as error:  # raised in the thread that hands over results
                    self._error = error


def _write(items: list[_Rows | _Finish | _Fail]) -> None:
    finished: dict[FeatureStore, list[_Finish]] = defaultdict(list)
    for item in items:
        if isinstance(item, _Rows):
            item.store.append(item.clip, item.embeddings, item.times)
        elif isinstance(item, _Fail):
            item.store.fail(item.clip, item.error)
        else:
            finished[item.store].append(item)
    for store, clips in finished.items():
        store.commit([item.clip for item in clips])
        for item in clips:
            item.done()
