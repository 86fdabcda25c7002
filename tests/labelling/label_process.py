"""Saves labels as a process of its own, to compete with others or be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from lusscore.labelling import NewCohort, add_clip, record_label

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
