"""Importing Keras without its start-up lines, and OpenVINO without its telemetry."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, cast

from lusscore.errors import EngineError

# TensorFlow writes these before it reads its own log level
_START_UP_LINES = (b"WARNING: All log messages before absl::InitializeLog()", b"I0000 00:00:")


def import_keras(threads: int | None = None) -> ModuleType:
    """Import Keras without TensorFlow's start-up lines and return it.

    The backend is the one Keras itself chooses: TensorFlow, unless ``KERAS_BACKEND`` or Keras's
    own configuration file says otherwise.

    Parameters
    ----------
    threads
        Upper limit of threads for one operation. It counts only for the first import in a
        process: afterwards the backend's thread pool exists and keeps its size.

    Raises
    ------
    EngineError
        If the backend that Keras is set to is not installed.
    """
    if "keras" in sys.modules:
        return sys.modules["keras"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if threads is not None:
        os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
    # every trained head is a network of its own, which TensorFlow takes for needless retracing
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    _keep_telemetry_out()  # OpenVINO can be a backend of Keras, too
    with _without_start_up_lines(), warnings.catch_warnings():
        # TensorFlow's own imports still use what NumPy and protobuf have deprecated
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module("keras")
        except ModuleNotFoundError as error:
            raise EngineError(
                f"Keras is set to a backend that needs the package {error.name}, which is not "
                "installed; install it, or unset KERAS_BACKEND to use TensorFlow."
            ) from None


def import_openvino() -> ModuleType:
    """Import OpenVINO, keeping its telemetry out of the process."""
    _keep_telemetry_out()
    return importlib.import_module("openvino")


def new_core() -> Any:
    """Return an ``openvino.Core`` that does not map files into memory.

    Files that are mapped cannot be replaced or removed on Windows.
    """
    core = import_openvino().Core()
    core.set_property({"ENABLE_MMAP": False})
    return core


def _keep_telemetry_out() -> None:
    """Make OpenVINO's telemetry package absent for this process.

    OpenVINO imports its model converter along with itself, and the converter's first act is to
    write a client identifier under the home folder and to report the import to an analytics
    service, unless the package ``openvino_telemetry`` is absent. A None in ``sys.modules`` has
    that effect; OpenVINO then uses a stand-in that does nothing.
    """
    cast("dict[str, Any]", sys.modules).setdefault("openvino_telemetry", None)


@contextmanager
def _without_start_up_lines() -> Iterator[None]:
    """Hold back what is written to the standard error stream, then pass on all but the noise.

    The lines come from compiled code, so the stream is caught at its file descriptor.
    """
    try:
        stream = os.dup(2)
    except OSError:  # a program without a console
        yield
        return
    try:
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(stream, 2)
                held.seek(0)
                for line in held:
                    if not line.startswith(_START_UP_LINES):
                        os.write(2, line)
    finally:
        os.close(stream)
