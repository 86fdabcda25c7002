"""The COVID-19 lung ultrasound data set of Born et al. 2021 (``jannisborn/covid19_ultrasound``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lusscore.cohort.card import Card
from lusscore.cohort.importers.pocus_rows import PocusRows
from lusscore.cohort.importers.reading.media_index import MediaIndex
from lusscore.cohort.importers.reading.public_tables import told_of_unknown, with_one_group
from lusscore.cohort.importers.registry import Imported, ImportOptions, register_importer
from lusscore.errors import CohortError, InvalidCohortError
from lusscore.tables import read_table

_TABLE = "dataset_metadata.csv"
_PROBES = ("convex", "linear")
_CITATION = (
    "Born J, Wiedemann N, Cossio M, et al. Accelerating Detection of Lung Pathologies with "
    "Explainable Ultrasound Image Analysis. Applied Sciences 11(2):672, 2021. "
    "doi:10.3390/app11020672"
)


@register_importer(
    "pocus",
    "a copy of jannisborn/covid19_ultrasound: its folder, or data/dataset_metadata.csv",
    "media",
)
def import_pocus(source: Path, options: ImportOptions) -> Imported:
    """Read a copy of the data set: the repository, its ``data`` folder, or the table in it.

    Clips are the files in ``pocus_videos/{convex,linear}`` and ``pocus_images/{convex,linear}``
    that the table names and does not say to leave out; they are referenced where they lie. One
    without a severity stays unlabelled. Zones are not told.

    Raises
    ------
    CohortError
        If the table, a column or all clips are missing.
    InvalidCohortError
        If severities are not scores; all are named.
    """
    path = _find_table(source)
    table = read_table(path, any_bytes=True)
    media = MediaIndex(options.media or path.parent)
    reading = PocusRows(table, list(_clips(media, chosen=options.media is not None)))
    segments = with_one_group(list(reading.segments()))
    if reading.problems:
        raise InvalidCohortError.of(path, reading.problems)
    if not segments:
        raise CohortError(
            f"No clip that {path.name} names is below {media.folder}; expected pocus_videos/convex "
            "and the like, so copy the whole data folder or tell another one with --media."
        )
    named = {segment.clip for segment in segments}
    strangers = [clip for clip in reading.clips if clip.as_posix() not in named]
    card = Card(
        name=options.name or "pocus",
        protocol=options.protocol or "lus-12",
        rubric=options.rubric or "unknown",
        licence="differs by file, see the table's column License; mostly CC BY-NC 4.0",
        citation=_CITATION,
        source="https://github.com/jannisborn/covid19_ultrasound",
        description=(
            "Clips from publications, teaching sites and donations, convex and linear probes. "
            "Severities of Gare et al. 2022, one for a clip, so that the score of a single frame "
            "is a weak label. Zones are not told."
        ),
        label_level="clip",
        extraction=options.extraction,
    )
    ignored = [*reading.ignored, *(clip.relative_to(media.folder).as_posix() for clip in strangers)]
    return Imported(card, segments, tuple(ignored), told_of_unknown(segments))


def _find_table(source: Path) -> Path:
    """Return the table: `source` itself, or in it or in its ``data`` folder."""
    if source.is_file():
        return source
    for path in (source / _TABLE, source / "data" / _TABLE):
        if path.is_file():
            return path
    raise CohortError(
        f"there is no {_TABLE} here or in the data folder; expected a copy of "
        "jannisborn/covid19_ultrasound.",
        path=source,
    )


def _clips(media: MediaIndex, *, chosen: bool) -> Iterator[Path]:
    """Yield the clips that the table may name: all below a chosen folder, else the data set's."""
    for clip in media.clips:
        folders = [part.lower() for part in clip.relative_to(media.folder).parts[:-1]]
        own = folders[:1] in (["pocus_videos"], ["pocus_images"]) and folders[1:2] in (
            [probe] for probe in _PROBES
        )
        if clip.is_file() and (chosen or own):
            yield clip
