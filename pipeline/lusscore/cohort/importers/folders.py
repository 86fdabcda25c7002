"""Folders: labelled as ``<patient>/<zone>/<score>/…`` or ``<score>/<patient>_…``, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from lusscore.cohort.card import Card
from lusscore.cohort.importers.folder_layouts import (
    Layout,
    by_patient,
    by_score,
    folder_score,
    subfolders,
    unlabelled,
)
from lusscore.cohort.importers.reading.label_level import label_level_of
from lusscore.cohort.importers.registry import (
    Imported,
    ImportOptions,
    cohort_name,
    register_importer,
)
from lusscore.cohort.protocols import Protocol, get_protocol, protocol_names
from lusscore.cohort.segments import Segment
from lusscore.cohort.zone_names import find_zone
from lusscore.errors import CohortError, InvalidCohortError

_SHOWN = 3
"""Folders that a note names."""


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
    ``<patient>/<zone>/<score>/…``. Otherwise nothing is labelled: the top folder is the patient
    and a folder on the way to a clip that is named like a zone is its zone. Except in folders of
    scores, the images of one folder are together the frames of one clip.

    Raises
    ------
    CohortError
        If the folder is missing or holds nothing that is understood.
    InvalidCohortError
        If folders of a labelled tree are not zones or scores; all are named.
    """
    if not source.is_dir():
        raise CohortError(
            "there is no folder here; expected a folder of clips or images", path=source
        )
    try:
        return _read(source, options)
    except OSError as error:
        place, why = error.filename or source, (error.strerror or "unknown reason").lower()
        raise CohortError(f"{place} cannot be read ({why}); check that you may open it.") from None


def _read(source: Path, options: ImportOptions) -> Imported:
    tops = subfolders(source)
    protocol = get_protocol(options.protocol) if options.protocol else _likely_protocol(tops)
    layout = Layout(source, protocol)
    read = _choose(tops, protocol)
    segments = tuple(read(layout))
    if layout.problems:
        raise InvalidCohortError.of(source, layout.problems)
    if not segments:
        raise CohortError(
            f"{source} holds no images or clips in <patient>/<zone>/<score>/, "
            "<score>/<patient>_… or any other folders; check that it is the right one."
        )
    card = Card(
        name=options.name or cohort_name(source.resolve().name),
        protocol=protocol.name,
        rubric=options.rubric or "unknown",
        source=f"folders {source.resolve().name}",
        label_level=label_level_of(segments),
        extraction=options.extraction,
    )
    notes = layout.notes if options.protocol else [*layout.notes, _guess(protocol, tops)]
    return Imported(card, segments, tuple(layout.ignored), tuple(notes))


def _choose(tops: list[Path], protocol: Protocol) -> Callable[[Layout], Iterator[Segment]]:
    """Return what reads the kind of tree that the folders' names tell."""
    if tops and all(folder_score(top) is not None for top in tops):
        return by_score
    seconds = [second for top in tops for second in subfolders(top)]
    thirds = [third for second in seconds for third in subfolders(second)]
    zones = any(find_zone(second.name, protocol) and subfolders(second) for second in seconds)
    scores = bool(thirds) and all(folder_score(third) is not None for third in thirds)
    return by_patient if zones or scores else unlabelled


def _likely_protocol(tops: list[Path]) -> Protocol:
    """Return the first protocol that most second folders are named by, else the first of all."""
    protocols = [get_protocol(name) for name in protocol_names()]
    return max(protocols, key=lambda protocol: len(_named_by(protocol, tops)))


def _named_by(protocol: Protocol, tops: list[Path]) -> list[str]:
    """Return the names of second folders that are zones of a protocol."""
    names = [second.name for top in tops for second in subfolders(top)]
    return [name for name in names if find_zone(name, protocol) is not None]


def _guess(protocol: Protocol, tops: list[Path]) -> str:
    """Say which protocol was taken, from what, and how to tell another."""
    found = sorted(set(_named_by(protocol, tops)))
    why = (
        f"the first of those whose zones name most folders ({', '.join(found[:_SHOWN])}"
        f"{', …' if len(found) > _SHOWN else ''})"
        if found
        else "the first there is, since no folder is named like a zone"
    )
    return f"The protocol was not told; {protocol.name} was taken, {why}. --protocol tells another."
