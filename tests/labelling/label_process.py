"""Saves labels as processes of their own, which compete with each other or are killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lusscore.labelling import NewCohort, add_clip, record_label

WRITER = Path(__file__)


def run_together(commands: Sequence[Sequence[str]]) -> None:
    """Start all, let them go when all have imported what they need, and wait for them."""
    processes = [
        subprocess.Popen(
            [sys.executable, str(WRITER), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told


if __name__ == "__main__":
    what, folder, rater, *rest = sys.argv[1:]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for number, item in enumerate(rest):
        if what == "record":
            record_label(Path(folder), item, number % 4, rater)
        else:
            new = NewCohort("blue-6", "soldati-2020")
            add_clip(Path(folder), Path(item), f"{rater}-{number}", "1", "R1", 2, rater, new=new)
