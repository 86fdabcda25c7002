"""Folders: labelled as ``<patient>/<zone>/<score>/…`` or ``<score>/<patient>_…``, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lusscore.clips import (
    IMAGE_SUFFIXES,
    has_known_suffix,
    is_broken_link,
    is_clip,
    listing,
)
from lusscore.cohort.importers.media import label_level_of
from lusscore.cohort.importers.registry import (
    Import,
    Imported,
    ImportOptions,
    cohort_name,
    register_importer,
)
from lusscore.cohort.protocols import Protocol, get_protocol, protocol_names
from lusscore.cohort.segments import Segment
from lusscore.cohort.zone_names import find_zone, zone_in_name
from lusscore.errors import CohortError
from lusscore.wording import some

_SCORE = re.compile(r"(?:score|lus)?[ _-]?([0-3])", re.IGNORECASE)


@register_importer(
    "folders",
    "<patient>/<zone>/<score>/… or <score>/<patient>_… of videos, DICOM or images; any other "
    "folder comes in unlabelled, a patient for each folder at its top",
)
def import_folders(source: Path, options: ImportOptions) -> Imported:
    """Read a tree of videos, DICOM files and images in any mixture.

    If every top folder is a score (``0``–``3``, ``score2``, ``LUS_3``), files are
    ``<score>/<patient>_….<suffix>``; a later part of the name that is a zone of the protocol is
    taken as the zone. If second folders are zones, or all third ones are scores, they are
    ``<patient>/<zone>/<score>/…``. Otherwise nothing is labelled: the top folder is the patient,
    and the zone that the name of a clip holds is its zone, else that of a folder on the way to it.
    Except in folders of scores, the images of one folder are together the frames of one clip.
    Links to files that are not here are counted as missing.
    """
    if not source.is_dir():
        raise CohortError(
            "there is no folder here; expected a folder of clips or images", path=source
        )
    try:
        return _read(source, options)
    except OSError as error:
        raise CohortError(
            f"it cannot be read ({(error.strerror or 'unknown reason').lower()})",
            advice="check that you may open it",
            path=error.filename or source,
        ) from None


def _read(source: Path, options: ImportOptions) -> Imported:
    job = Import(source, options)
    if options.protocol is None:
        protocol, note = _guess_protocol(source)
    else:
        protocol, note = get_protocol(options.protocol), ""
    segments = list(_Tree(job, protocol).segments())
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        hidden = any(part.startswith(".") for part in inside.parts)
        if is_broken_link(path) and has_known_suffix(path) and not hidden:
            job.missing.append(inside.as_posix())
    if not segments and not job.problems:
        raise CohortError(
            "it holds no images or clips in <patient>/<zone>/<score>/, <score>/<patient>_… or any "
            "other folders",
            advice="check that it is the right one",
            path=source,
        )
    job.notes += filter(None, [note])
    name = source.resolve().name
    return job.finish(
        segments,
        name=cohort_name(name),
        protocol=protocol.name,
        source=f"folders {name}",
        label_level=label_level_of(segments),
    )


def _guess_protocol(source: Path) -> tuple[Protocol, str]:
    """Return the first protocol whose zones name most second folders, and a note on the choice."""
    tops = _subfolders(source)
    names = [inside.stem for top in (source, *tops) for inside in listing(top)]
    found: dict[str, list[str]] = {}
    for name in protocol_names():
        protocol = get_protocol(name)
        found[name] = [one for one in names if zone_in_name(one, protocol) is not None]
    best = max(found, key=lambda name: len(found[name]))
    why = "the first there is, since nothing is named like a zone"
    if found[best]:
        zoned = some(sorted(set(found[best])), 3)
        why = f"the first of those whose zones most names hold ({zoned})"
    return (
        get_protocol(best),
        f"No protocol was chosen; {best} was taken, {why}. Choose another with --protocol.",
    )


class _Tree:
    """A tree of folders whose names say what the clips in them are."""

    def __init__(self, job: Import, protocol: Protocol) -> None:
        self._job = job
        self._source = job.source
        self._protocol = protocol

    def segments(self) -> Iterator[Segment]:
        """Read the kind of tree that the folders' names show."""
        tops = _subfolders(self._source)
        seconds = [second for top in tops for second in _subfolders(top)]
        thirds = [third for second in seconds for third in _subfolders(second)]
        zones = any(self._zone(second) and _subfolders(second) for second in seconds)
        read: Callable[[], Iterator[Segment]] = self._unlabelled
        if tops and all(_folder_score(top) is not None for top in tops):
            read = self._by_score
        elif zones or (thirds and all(_folder_score(third) is not None for third in thirds)):
            read = self._by_patient
        return read()

    def _by_score(self) -> Iterator[Segment]:
        """Read ``<score>/<patient>_…``: each file, or folder of images, is a clip."""
        self._ignore_files(self._source)
        for top in _subfolders(self._source):
            for path in listing(top):
                patient, *rest = path.stem.split("_")
                if not _is_one_clip(path) or not patient or not rest:
                    self._job.ignored.append(self._place(path))
                    continue
                zone = zone_in_name("_".join(rest), self._protocol)
                yield _segment(path, patient, zone or "", _folder_score(top))

    def _by_patient(self) -> Iterator[Segment]:
        """Read ``<patient>/<zone>/<score>/…``."""
        self._ignore_files(self._source)
        for patient in _subfolders(self._source):
            self._ignore_files(patient)
            for folder in _subfolders(patient):
                zone = self._zone(folder)
                if zone is None:
                    allowed = ", ".join(self._protocol.zone_names)
                    what = f"is not a zone of {self._protocol.name}; expected one of {allowed}"
                    self._job.problem(self._place(folder), what)
                    continue
                self._ignore_files(folder)
                for score in _subfolders(folder):
                    if _folder_score(score) is None:
                        what = "is not a score; expected 0, 1, 2 or 3"
                        self._job.problem(self._place(score), what)
                        continue
                    self._job.ignored += [f"{self._place(path)}/" for path in _subfolders(score)]
                    for clip in self._clips(score):
                        yield _segment(clip, patient.name, zone, _folder_score(score))

    def _unlabelled(self) -> Iterator[Segment]:
        """Read any tree: the top folder is the patient, and no clip has a score."""
        self._job.notes.append(
            "No folder here is named like a score, so all clips are unlabelled. Name folders "
            "<patient>/<zone>/<score>/ or give a table of labels to 'lusscore import csv'."
        )
        for path in listing(self._source):
            if path.is_file() and is_clip(path):
                yield _segment(path, path.stem, self._named(path, ""), None)
            elif path.is_file():
                self._job.ignored.append(self._place(path))
        for patient in _subfolders(self._source):
            yield from self._below(patient, patient.name, "")

    def _below(self, folder: Path, patient: str, zone: str) -> Iterator[Segment]:
        for clip in self._clips(folder):
            yield _segment(clip, patient, self._named(clip, zone), None)
        above = (folder.resolve(), *folder.resolve().parents)
        for inner in _subfolders(folder):
            # a link may lead back to where the walk came from
            if inner.resolve() not in above:
                yield from self._below(inner, patient, self._named(inner, zone))

    def _clips(self, folder: Path) -> Iterator[Path]:
        """Yield each clip that is a file of `folder`, and `folder` itself if it holds images."""
        has_images = False
        for path in listing(folder):
            if _is_image(path):
                has_images = True
            elif path.is_file() and is_clip(path):
                yield path
            elif path.is_file():
                self._job.ignored.append(self._place(path))
        if has_images:
            yield folder

    def _named(self, path: Path, outside: str) -> str:
        """Return the zone in a name, as exams are read, else that of the folders outside."""
        return zone_in_name(path.stem, self._protocol) or outside

    def _zone(self, folder: Path) -> str | None:
        return find_zone(folder.name, self._protocol)

    def _ignore_files(self, folder: Path) -> None:
        """Note the files that lie in `folder` itself, where the tree has none."""
        self._job.ignored += [self._place(path) for path in listing(folder) if path.is_file()]

    def _place(self, path: Path) -> str:
        return path.relative_to(self._source).as_posix()


def _segment(clip: Path, patient: str, zone: str, score: int | None) -> Segment:
    return Segment(clip.resolve().as_posix(), patient, "1", zone, score)


def _subfolders(folder: Path) -> list[Path]:
    return [path for path in listing(folder) if path.is_dir()]


def _folder_score(folder: Path) -> int | None:
    """Return the score that a folder is named by, e.g. 2 for ``LUS_2``; None if it is none."""
    match = _SCORE.fullmatch(folder.name)
    return None if match is None else int(match[1])


def _is_one_clip(path: Path) -> bool:
    return any(map(_is_image, listing(path))) if path.is_dir() else is_clip(path)


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
