"""The COVID-19 lung ultrasound data set of Born et al. 2021 (``jannisborn/covid19_ultrasound``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lusscore.cohort.importers.fields import read_score
from lusscore.cohort.importers.media import MediaIndex
from lusscore.cohort.importers.published import (
    PublishedTable,
    known,
    notes_on_patients,
    read_published,
    unknown_patient,
    with_one_group,
)
from lusscore.cohort.importers.registry import Import, Imported, ImportOptions, register_importer
from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError
from lusscore.tables import Row

_TABLE = "dataset_metadata.csv"
_DATA_SET = "jannisborn/covid19_ultrasound"
_COLUMNS = (
    *("Current location", "Filename", "Label", "Type", "Probe"),
    *("Source ID", "Resolution", "Patient ID / Name"),
)
# which the table has since 2022
_SEVERITY = "Lung Severity Score"
_FOLDERS = {"video": "pocus_videos", "image": "pocus_images"}
_GROUPS = {
    "covid-19": "covid",
    "regular": "healthy",
    "bacterial pneumonia": "bacterial-pneumonia",
    "viral pneumonia": "viral-pneumonia",
}
_LEFT_OUT = re.compile(r"not[ _](?:to[ _])?use", re.IGNORECASE)
_RESOLUTION = re.compile(r"\d+ ?x ?\d+")
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
    without a severity stays unlabelled. Zones are not given.
    """
    path = _find_table(source)
    job = Import(path, options)
    media = MediaIndex(options.media or path.parent)
    clips = list(_clips(media, chosen=options.media is not None))
    segments = list(_segments(read_published(path, _COLUMNS, _DATA_SET, (_SEVERITY,)), clips, job))
    if not segments and not job.problems:
        raise CohortError(
            f"no clip that {_TABLE} names is here; expected pocus_videos/convex and the like",
            advice="copy the whole data folder, or choose another one with --media",
            path=media.folder,
        )
    named = {Path(segment.clip) for segment in segments}
    job.ignored += [
        clip.relative_to(media.folder).as_posix() for clip in clips if clip not in named
    ]
    job.notes += notes_on_patients(segments)
    return job.finish(
        with_one_group(segments),
        name="pocus",
        protocol="lus-12",
        licence="differs by file, see the table's column License; mostly CC BY-NC 4.0",
        citation=_CITATION,
        source="https://github.com/jannisborn/covid19_ultrasound",
        description=(
            "Clips from publications, teaching sites and donations, convex and linear probes. "
            "Severities of Gare et al. 2022, one for a clip, so that the score of a single frame "
            "is a weak label. Zones are not given."
        ),
        label_level="clip",
    )


def _find_table(source: Path) -> Path:
    """Return the table: `source` itself, or in it or in its ``data`` folder."""
    if source.is_file():
        return source
    for path in (source / _TABLE, source / "data" / _TABLE):
        if path.is_file():
            return path
    raise CohortError(
        f"there is no {_TABLE} here or in the data folder; expected a copy of {_DATA_SET}",
        path=source,
    )


def _clips(media: MediaIndex, *, chosen: bool) -> Iterator[Path]:
    """Yield the clips that the table may name: all below a chosen folder, else the data set's."""
    for clip in media.clips:
        folders = [part.lower() for part in clip.relative_to(media.folder).parts[:-1]]
        own = (
            len(folders) > 1
            and folders[0] in _FOLDERS.values()
            and folders[1] in ("convex", "linear")
        )
        if clip.is_file() and (chosen or own):
            yield clip


def _segments(published: PublishedTable, clips: Sequence[Path], job: Import) -> Iterator[Segment]:
    """Yield a segment for each row whose clip is there, noting the others."""
    job.ignored += [f"{_TABLE} {problem.where}" for problem in published.table.problems]
    by_name: dict[str, list[Path]] = {}
    for clip in clips:
        for name in {_plain(clip.name), _plain(clip.stem)}:
            by_name.setdefault(name, []).append(clip)
    scores: dict[Path, int | None] = {}
    for row, cells in published.rows():
        name, probe = cells["Filename"], cells["Probe"].lower()
        if _LEFT_OUT.search(cells["Current location"]):
            job.ignored.append(f"{name} (not to be used, says the table)")
            continue
        found = by_name.get(_plain(name), [])
        for wanted in (_FOLDERS.get(cells["Type"].lower(), ""), probe):
            found = [c for c in found if wanted in map(str.lower, c.parts[:-1])] or found
        if len(found) != 1:
            why = "several files" if found else "no file"
            if not found:
                job.missing.append(name)
                continue
            job.ignored.append(f"{name} ({why} in this copy)")
            continue
        try:
            score = read_score(cells.get(_SEVERITY, ""))
        except ValueError as error:
            job.problem(f"line {row.line}, column {_SEVERITY}", str(error))
            continue
        if scores.get(found[0], score) != score:
            what = "names a clip again, with another severity"
            job.problem(f"line {row.line}, column Filename", what)
        if found[0] in scores:
            continue
        scores[found[0]] = score
        label, origin = cells["Label"].lower(), cells["Source ID"]
        source = f"source-{origin}" if origin else ""
        yield Segment(
            clip=found[0].as_posix(),
            patient=_patient(row, published) or unknown_patient(source, found[0].stem),
            exam="1",
            zone="",
            score=score,
            group=_GROUPS.get(label, label.replace(" ", "-")),
            device=f"{probe} probe" if probe else "",
        )


def _patient(row: Row, published: PublishedTable) -> str:
    """Return the patient, also of a row that a comma without quotes has pushed to the right."""
    place, patient = (published.columns[name] for name in ("Resolution", "Patient ID / Name"))
    pushed = (n for n, text in enumerate(row.cells[place:patient]) if _RESOLUTION.fullmatch(text))
    return known(row.cells[min(patient + next(pushed, 0), len(row.cells) - 1)])


def _plain(name: str) -> str:
    """Write a file's name so that small slips in the table do not matter."""
    return name.strip().rstrip(". ").lower()
