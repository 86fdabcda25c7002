"""Stage one as a process of its own, to be stopped, killed or waited for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def start_features(folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start ``lusscore features tiny --json`` in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-m", "lusscore", "features", "tiny", "--json", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
