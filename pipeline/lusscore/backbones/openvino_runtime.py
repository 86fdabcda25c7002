"""Importing OpenVINO without its telemetry."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any, cast

TELEMETRY_PACKAGE = "openvino_telemetry"


def import_openvino() -> ModuleType:
    """Import OpenVINO, keeping its telemetry out of the process.

    Returns
    -------
    module
        The top-level ``openvino`` package.
    """
    keep_telemetry_out()
    return importlib.import_module("openvino")


def keep_telemetry_out() -> None:
    """Make OpenVINO's telemetry package absent for this process.

    OpenVINO imports its model converter along with itself, and the converter's first act is to
    write a client identifier under the home folder and to report the import to an analytics
    service, unless the package ``openvino_telemetry`` is absent. A None in ``sys.modules`` has
    that effect; OpenVINO then uses a stand-in that does nothing.
    """
    cast("dict[str, Any]", sys.modules).setdefault(TELEMETRY_PACKAGE, None)
