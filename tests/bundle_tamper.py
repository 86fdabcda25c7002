"""Bundles that somebody changed, and what reading them says."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lusscore.errors import BundleError
from lusscore.models import read_bundle


class Planted:
    """Does something when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.mark),))


def sums_again(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Write the checksums of `files` anew, as anybody can with sha256sum."""
    others = {name: data for name, data in files.items() if name != "SHA256SUMS"}
    lines = [f"{hashlib.sha256(others[name]).hexdigest()}  {name}\n" for name in sorted(others)]
    return others | {"SHA256SUMS": "".join(lines).encode()}


def record_changed(
    files: Mapping[str, bytes], change: Callable[[dict[str, Any]], object]
) -> dict[str, bytes]:
    """Change bundle.json in place and write the checksums anew."""
    record = json.loads(files["bundle.json"])
    change(record)
    return sums_again({**files, "bundle.json": json.dumps(record).encode()})


def lay_out(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write files into a new folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def refusal_of(path: Path, expect: str | None = None) -> str:
    """Read what must be refused, and return the one sentence that says why."""
    with pytest.raises(BundleError) as told:
        read_bundle(path, expect)
    message = str(told.value)
    assert message.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", message), message
    assert message.isprintable(), message
    assert len(message.replace(str(path), "")) < 700, message
    return message
