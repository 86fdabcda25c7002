"""Networks kept in OpenVINO's own format, so that the next start needs no TensorFlow."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lusscore.backbones.model import MODEL_VERSION
from lusscore.backbones.openvino_runtime import import_openvino
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import Weights

# building the largest network takes about a minute
WAIT_SECONDS = 300.0
Graph = Any


def entry_name(spec: BackboneSpec, weights: Weights) -> str:
    """Name an entry by everything that its network depends on."""
    architecture = hashlib.sha256(repr(spec).encode()).hexdigest()[:8]
    return f"{spec.name}-{weights.digest[:16]}-v{MODEL_VERSION}-{architecture}"


def cached_graph(core: Any, folder: Path, name: str, build: Callable[[], Graph]) -> Graph:
    """Return the network kept under `name`, building and keeping it where it is not.

    An entry is three files: ``.xml`` and ``.bin`` in OpenVINO's format and ``.sha256`` with the
    digests of both. One that is incomplete or altered is built anew. Processes that want the
    same entry wait for the first to build it. Where the folder cannot be written, the network
    is built every time.

    Parameters
    ----------
    core
        An ``openvino.Core``.
    folder
        Made where needed.
    name
        From :func:`entry_name`.
    build
        Makes the ``openvino.Model``.
    """
    with _one_at_a_time(folder, name):
        graph = _read(core, folder / f"{name}.xml")
        if graph is None:
            graph = build()
            # OpenVINO tells of a full disk by RuntimeError; the network is good all the same
            with suppress(OSError, RuntimeError):
                _write(graph, folder, name)
        return graph


@contextmanager
def _one_at_a_time(folder: Path, name: str) -> Iterator[None]:
    """Wait for others that build the same network, where the folder's file system has locks."""
    lock = FileLock(folder / f"{name}.lock", timeout=WAIT_SECONDS)
    with suppress(OSError, Timeout, NotImplementedError):
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _read(core: Any, xml: Path) -> Graph | None:
    """Read an entry; None unless it is whole and unaltered."""
    weights, sums = xml.with_suffix(".bin"), xml.with_suffix(".sha256")
    try:
        if sums.read_text("utf-8") != _sums(xml, weights):
            return None
        return core.read_model(xml, weights)
    # RuntimeError: a file that another version of OpenVINO wrote
    except (OSError, UnicodeDecodeError, RuntimeError):
        return None


def _write(graph: Graph, folder: Path, name: str) -> None:
    """Write an entry under temporary names and move it to its own, the ``.xml`` last."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}-") as temporary:
        xml = Path(temporary) / f"{name}.xml"
        import_openvino().save_model(graph, xml, compress_to_fp16=False)
        weights, sums = xml.with_suffix(".bin"), xml.with_suffix(".sha256")
        sums.write_text(_sums(xml, weights), "utf-8")
        with suppress(OSError):
            for file in (weights, sums, xml):
                file.replace(folder / file.name)


def _sums(*files: Path) -> str:
    """Digests of files, in the form that the command sha256sum checks."""
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files
    )
