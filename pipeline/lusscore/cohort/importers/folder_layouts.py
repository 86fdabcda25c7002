"""What the names of folders tell of the clips in them, one function for each kind of tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lusscore.clips import IMAGE_SUFFIXES, is_clip, listing
from lusscore.cohort.protocols import Protocol
from lusscore.cohort.segments import Segment
from lusscore.cohort.zone_names import find_zone
from lusscore.errors import Problem

_SCORE = re.compile(r"(?:score|lus)?[ _-]?([0-3])", re.IGNORECASE)
_EXAM = "1"


@dataclass
class Layout:
    """A tree that is being read.

    Attributes
    ----------
    source
        Its root.
    protocol
        Decides which zones are allowed.
    problems, ignored, notes
        What was found on the way: folders of a labelled tree that are no zone or score; files
        that are no clips or lie where none is expected; what the user should know.
    """

    source: Path
    protocol: Protocol
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def place(self, path: Path) -> str:
        """Return a path relative to the root."""
        return path.relative_to(self.source).as_posix()

    def ignore_files(self, folder: Path) -> None:
        """Note the files that lie in `folder` itself, where the tree has none."""
        self.ignored += [self.place(path) for path in listing(folder) if path.is_file()]

    def clips(self, folder: Path) -> Iterator[Path]:
        """Yield each clip that is a file of `folder`, and `folder` itself if it holds images."""
        images = False
        for path in listing(folder):
            if not path.is_file():
                continue
            if path.suffix.lower() in IMAGE_SUFFIXES:
                images = True
            elif is_clip(path):
                yield path
            else:
                self.ignored.append(self.place(path))
        if images:
            yield folder


def by_score(layout: Layout) -> Iterator[Segment]:
    """Read ``<score>/<patient>_…``: each file, or folder of images, is a clip."""
    zones = {zone.lower(): zone for zone in layout.protocol.zone_names}
    layout.ignore_files(layout.source)
    for top in subfolders(layout.source):
        for path in listing(top):
            patient, *rest = path.stem.split("_")
            if not _is_one_clip(path) or not patient or not rest:
                layout.ignored.append(layout.place(path))
                continue
            zone = next((zones[part.lower()] for part in rest if part.lower() in zones), "")
            yield Segment(path.resolve().as_posix(), patient, _EXAM, zone, folder_score(top))


def by_patient(layout: Layout) -> Iterator[Segment]:
    """Read ``<patient>/<zone>/<score>/…``."""
    layout.ignore_files(layout.source)
    for patient in subfolders(layout.source):
        layout.ignore_files(patient)
        for folder in subfolders(patient):
            zone = find_zone(folder.name, layout.protocol)
            if zone is None:
                allowed = ", ".join(layout.protocol.zone_names)
                what = f"is not a zone of {layout.protocol.name}; expected one of {allowed}"
                layout.problems.append(Problem(layout.place(folder), what))
                continue
            layout.ignore_files(folder)
            for score in subfolders(folder):
                if folder_score(score) is None:
                    what = "is not a score; expected 0, 1, 2 or 3"
                    layout.problems.append(Problem(layout.place(score), what))
                    continue
                layout.ignored += [f"{layout.place(path)}/" for path in subfolders(score)]
                for clip in layout.clips(score):
                    yield Segment(
                        clip.resolve().as_posix(), patient.name, _EXAM, zone, folder_score(score)
                    )


def unlabelled(layout: Layout) -> Iterator[Segment]:
    """Read any tree: the top folder is the patient, and no clip has a score."""
    layout.notes.append(
        "No folder here names a score, so all clips are unlabelled. Name folders "
        "<patient>/<zone>/<score>/ or give a table of labels to 'lusscore import csv'."
    )
    for path in listing(layout.source):
        if not path.is_file():
            continue
        if is_clip(path):
            yield Segment(path.resolve().as_posix(), path.stem, _EXAM, "", None)
        else:
            layout.ignored.append(layout.place(path))
    for patient in subfolders(layout.source):
        yield from _below(layout, patient, patient.name, "")


def _below(layout: Layout, folder: Path, patient: str, zone: str) -> Iterator[Segment]:
    for clip in layout.clips(folder):
        yield Segment(clip.resolve().as_posix(), patient, _EXAM, zone, None)
    above = (folder.resolve(), *folder.resolve().parents)
    for inner in subfolders(folder):
        # a link may lead back to where the walk came from
        if inner.resolve() in above:
            continue
        yield from _below(layout, inner, patient, find_zone(inner.name, layout.protocol) or zone)


def subfolders(folder: Path) -> list[Path]:
    """List the folders in `folder`."""
    return [path for path in listing(folder) if path.is_dir()]


def folder_score(folder: Path) -> int | None:
    """Return the score that a folder is named by, e.g. 2 for ``LUS_2``; None if it is none."""
    match = _SCORE.fullmatch(folder.name)
    return None if match is None else int(match[1])


def _is_one_clip(path: Path) -> bool:
    if path.is_dir():
        return any(_is_image(inner) for inner in listing(path))
    return is_clip(path)


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
