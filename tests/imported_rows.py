"""What an importer read, as plain rows."""

from __future__ import annotations

from pathlib import Path

from lusscore.cohort import Imported


def told(imported: Imported) -> list[tuple[object, ...]]:
    """Patient, zone, score, frames, rater and name of the clip of every labelled segment."""
    return [
        (s.patient, s.zone, s.score, s.frame_start, s.frame_end, s.rater, Path(s.clip).name)
        for s in imported.segments
    ]
