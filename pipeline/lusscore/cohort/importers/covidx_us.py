"""COVIDx-US (Ebadi et al. 2022): videos of many public sources with a score per video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lusscore.cohort.importers.media import MediaIndex
from lusscore.cohort.importers.published import (
    notes_on_patients,
    read_published,
    unknown_patient,
    with_one_group,
)
from lusscore.cohort.importers.registry import Import, Imported, ImportOptions, register_importer
from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError, InvalidCohortError

_VIDEOS = "video_metadata.csv"
_SCORES = "LUSS_metadata.csv"
_COLUMNS = ("id", "source", "probe", "class", "type", "patient")
_DATA_SET = "nrc-cnrc/COVID-US"
_GROUPS = {"covid": "covid", "normal": "healthy"}
# one version of the table has the Italian word for some
_LUNG = ("lung", "polmone")
_CITATION = (
    "Ebadi A, Xi P, MacLean A, Florea A, Tremblay S, Kohli S, Wong A. COVIDx-US: An Open-Access "
    "Benchmark Dataset of Ultrasound Imaging Data for AI-Driven COVID-19 Analytics. Frontiers in "
    "Bioscience (Landmark Edition) 27(7):198, 2022. doi:10.31083/j.fbl2707198"
)


@register_importer(
    "covidx-us",
    "a copy of nrc-cnrc/COVID-US with the videos that its notebook fetched",
    "media",
)
def import_covidx_us(source: Path, options: ImportOptions) -> Imported:
    """Read a copy of COVIDx-US: the repository with ``utils/`` and ``data/video/``.

    Videos are referenced where they lie: ``data/video/cropped/<id>_prc.avi`` where the notebook
    made it, else ``data/video/original/<id>.<filetype>`` or any other place below ``data/video``.
    A video without a score stays unlabelled; one that does not show the lung is left out.
    """
    folder = source / "utils" if (source / "utils").is_dir() else source
    if not (folder / _VIDEOS).is_file() or not (folder / _SCORES).is_file():
        raise CohortError(
            f"there are no {_VIDEOS} and {_SCORES} here; expected a copy of {_DATA_SET} with "
            "utils/ and data/video/",
            path=folder,
        )
    job = Import(source, options)
    media = MediaIndex(options.media or source / "data" / "video")
    segments = list(_segments(folder, media, job))
    if not segments:
        raise CohortError(
            f"no video that {_VIDEOS} names is here",
            advice="run create_COVIDxUS.ipynb, which fetches them, or choose another folder with "
            "--media",
            path=media.folder,
        )
    job.notes += notes_on_patients(segments)
    return job.finish(
        with_one_group(segments),
        name="covidx-us",
        protocol="lus-12",
        licence="tables AGPL-3.0; the videos' differ by source, see the columns license and link",
        citation=_CITATION,
        source="https://github.com/nrc-cnrc/COVID-US",
        description=(
            "Videos of teaching sites and publications, convex and linear probes, with one score "
            "for a video, so that the score of a single frame is a weak label. Zones are not given."
        ),
        label_level="clip",
    )


def _segments(folder: Path, media: MediaIndex, job: Import) -> Iterator[Segment]:
    """Yield a segment for each video of the lung that is there."""
    scores, organs = _read_scores(folder / _SCORES)
    videos = read_published(folder / _VIDEOS, _COLUMNS, _DATA_SET)
    clips = _by_id(media)
    job.ignored += [f"{_VIDEOS} {problem.where}" for problem in videos.table.problems]
    for _, row in videos.rows():
        name = row["id"]
        organ = organs.get(name) or row["type"].lower()
        clip = clips.get(name.lower())
        if organ not in _LUNG:
            job.ignored.append(f"{name} (shows {organ or 'no known organ'})")
            continue
        if clip is None:
            job.missing.append(name)
            continue
        group, probe = row["class"].lower(), row["probe"].lower()
        yield Segment(
            clip=clip.as_posix(),
            patient=row["patient"] or unknown_patient(f"{row['source']}-{group}", name),
            exam="1",
            zone="",
            score=scores.get(name),
            group=_GROUPS.get(group, group),
            device=f"{probe} probe" if probe else "",
        )


def _read_scores(path: Path) -> tuple[dict[str, int | None], dict[str, str]]:
    """Read score and organ of each video."""
    luss = read_published(path, ("id", "LUSS", "type"), _DATA_SET)
    scores, problems = luss.scores("id", "LUSS")
    if problems := [*luss.table.problems, *problems]:
        raise InvalidCohortError.of(path, problems)
    return scores, {row["id"]: row["type"].lower() for _, row in luss.rows()}


def _by_id(media: MediaIndex) -> dict[str, Path]:
    """Map each video's id to its file: the cropped one, else the original, else any."""
    ranks = {"cropped": 0, "original": 1}
    clips: dict[str, Path] = {}
    for clip in sorted(media.clips, key=lambda clip: ranks.get(clip.parent.name.lower(), 2)):
        if clip.is_file():
            clips.setdefault(clip.stem.lower().removesuffix("_prc"), clip)
    return clips
