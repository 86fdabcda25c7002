"""Labelled folders: ``<patient>/<zone>/<score>/…`` or ``<score>/<patient>_…``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lusscore.clips import IMAGE_SUFFIXES, is_clip
from lusscore.cohort.card import Card
from lusscore.cohort.importers.registry import Imported, ImportOptions, register_importer
from lusscore.cohort.protocols import Protocol, get_protocol
from lusscore.cohort.span import Span
from lusscore.errors import CohortError, InvalidCohortError, Problem

_SCORE = re.compile(r"(?:score|lus)?[ _-]?([0-3])", re.IGNORECASE)
_EXAM = "1"


@register_importer(
    "folders", "<patient>/<zone>/<score>/… or <score>/<patient>_… of images or clips"
)
def import_folders(source: Path, options: ImportOptions) -> Imported:
    """Read a tree of images or clips whose folder names tell patient, zone and score.

    Two trees are understood. If every top folder is a score (``0``–``3``, ``score2``, ``LUS_3``),
    files are ``<score>/<patient>_….<suffix>``; a later part of the name that is a zone of the
    protocol is taken as the zone. Otherwise they are ``<patient>/<zone>/<score>/…``, where videos
    are a clip each and the images of one folder are together the frames of one clip.

    Raises
    ------
    CohortError
        If the folder is missing or holds nothing that is understood.
    InvalidCohortError
        If folder names are not zones or scores; all are named.
    """
    if not source.is_dir():
        raise CohortError(f"No folder at {source}; expected labelled folders of images or clips.")
    protocol = get_protocol(options.protocol or "lus-12")
    problems: list[Problem] = []
    ignored: list[str] = []
    tops = sorted(path for path in source.iterdir() if path.is_dir() and not _hidden(path))
    if tops and all(_SCORE.fullmatch(path.name) for path in tops):
        spans = list(_by_score(source, tops, protocol, ignored))
    else:
        spans = list(_by_patient(source, tops, protocol, problems, ignored))
    if problems:
        raise InvalidCohortError(source, problems)
    if not spans:
        raise CohortError(
            f"{source} holds no images or clips in <patient>/<zone>/<score>/ or "
            "<score>/<patient>_… folders; arrange them so, or write a manifest by hand."
        )
    weak = any(Path(span.clip).is_file() and not _is_image(Path(span.clip)) for span in spans)
    card = Card(
        name=options.name or source.resolve().name,
        protocol=protocol.name,
        rubric=options.rubric or "unknown",
        source=f"labelled folders {source.resolve().name}",
        label_level="clip" if weak else "frame",
        extraction=options.extraction,
    )
    return Imported(card, tuple(spans), tuple(ignored))


def _by_score(
    source: Path, tops: list[Path], protocol: Protocol, ignored: list[str]
) -> Iterator[Span]:
    zones = {zone.lower(): zone for zone in protocol.zone_names}
    for top in tops:
        for path in sorted(top.iterdir()):
            patient, *rest = path.stem.split("_")
            if _hidden(path) or not is_clip(path) or not patient or not rest:
                ignored.append(path.relative_to(source).as_posix())
                continue
            zone = next((zones[part.lower()] for part in rest if part.lower() in zones), "")
            yield Span(path.resolve().as_posix(), patient, _EXAM, zone, _score(top))


def _by_patient(
    source: Path,
    tops: list[Path],
    protocol: Protocol,
    problems: list[Problem],
    ignored: list[str],
) -> Iterator[Span]:
    zones = {zone.lower(): zone for zone in protocol.zone_names}
    for patient in tops:
        for zone in _subfolders(patient, source, ignored):
            if zone.name.lower() not in zones:
                where = zone.relative_to(source).as_posix()
                allowed = ", ".join(protocol.zone_names)
                problems.append(
                    Problem(where, f"is not a zone of {protocol.name}; expected one of {allowed}")
                )
                continue
            for score in _subfolders(zone, source, ignored):
                if not _SCORE.fullmatch(score.name):
                    where = score.relative_to(source).as_posix()
                    problems.append(Problem(where, "is not a score; expected 0, 1, 2 or 3"))
                    continue
                for clip in _clips(score, source, ignored):
                    yield Span(
                        clip.resolve().as_posix(),
                        patient.name,
                        _EXAM,
                        zones[zone.name.lower()],
                        _score(score),
                    )


def _subfolders(folder: Path, source: Path, ignored: list[str]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not _hidden(path):
            yield path
        else:
            ignored.append(path.relative_to(source).as_posix())


def _clips(folder: Path, source: Path, ignored: list[str]) -> Iterator[Path]:
    """Yield each video, and the folder itself if it holds images."""
    has_images = False
    for path in sorted(folder.iterdir()):
        if path.is_file() and not _hidden(path) and _is_image(path):
            has_images = True
        elif path.is_file() and not _hidden(path) and is_clip(path):
            yield path
        else:
            ignored.append(path.relative_to(source).as_posix())
    if has_images:
        yield folder


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES


def _score(folder: Path) -> int:
    match = _SCORE.fullmatch(folder.name)
    assert match is not None
    return int(match[1])


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")
