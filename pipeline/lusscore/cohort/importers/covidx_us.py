"""COVIDx-US (Ebadi et al. 2022): videos of many public sources with a score per video."""

from __future__ import annotations

import re
from pathlib import Path

from lusscore.cohort.card import Card
from lusscore.cohort.importers.reading.media_index import MediaIndex
from lusscore.cohort.importers.reading.public_tables import (
    cell,
    columns_of,
    stand_in,
    told_of_unknown,
    with_one_group,
)
from lusscore.cohort.importers.reading.score_words import read_score
from lusscore.cohort.importers.registry import Imported, ImportOptions, register_importer
from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.tables import read_table

_VIDEOS = "video_metadata.csv"
_SCORES = "LUSS_metadata.csv"
_GROUPS = {"covid": "covid", "normal": "healthy"}
# one version of the table has the Italian word for some
_LUNG = ("lung", "polmone")
_PREFERRED = ("cropped", "original")
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

    Raises
    ------
    CohortError
        If a table, a column or all videos are missing.
    InvalidCohortError
        If rows are bad; all are named.
    """
    folder = source / "utils" if (source / "utils").is_dir() else source
    if not (folder / _VIDEOS).is_file() or not (folder / _SCORES).is_file():
        raise CohortError(
            f"there are no {_VIDEOS} and {_SCORES} here; expected a copy of nrc-cnrc/COVID-US with "
            "utils/ and data/video/.",
            path=folder,
        )
    media = MediaIndex(options.media or source / "data" / "video")
    problems: list[Problem] = []
    scores, organs = _read_scores(folder / _SCORES, problems)
    clips = _by_id(media)
    segments, ignored = [], []
    table = read_table(folder / _VIDEOS, any_bytes=True)
    columns = columns_of(
        table, ("id", "source", "probe", "class", "type", "patient"), "nrc-cnrc/COVID-US"
    )
    ignored += [f"{_VIDEOS} {problem.where}" for problem in table.problems]
    for row in table.rows:
        name = cell(row, columns, "id")
        organ = organs.get(name) or cell(row, columns, "type").lower()
        clip = clips.get(name.lower())
        if clip is None or organ not in _LUNG:
            why = "no file in this copy" if clip is None else f"shows {organ or 'no organ told'}"
            ignored.append(f"{name} ({why})")
            continue
        group = cell(row, columns, "class").lower()
        probe = cell(row, columns, "probe").lower()
        origin = f"{cell(row, columns, 'source')}-{group}"
        segments.append(
            Segment(
                clip=clip.as_posix(),
                patient=cell(row, columns, "patient") or stand_in(origin, name),
                exam="1",
                zone="",
                score=scores.get(name),
                group=_GROUPS.get(group, group),
                device=f"{probe} probe" if probe else "",
            )
        )
    if problems:
        raise InvalidCohortError.of(folder / _SCORES, problems)
    if not segments:
        raise CohortError(
            f"No video that {_VIDEOS} names is below {media.folder}; run create_COVIDxUS.ipynb, "
            "which fetches them, or tell another folder with --media."
        )
    card = Card(
        name=options.name or "covidx-us",
        protocol=options.protocol or "lus-12",
        rubric=options.rubric or "unknown",
        licence="tables AGPL-3.0; the videos' differ by source, see the columns license and link",
        citation=_CITATION,
        source="https://github.com/nrc-cnrc/COVID-US",
        description=(
            "Videos of teaching sites and publications, convex and linear probes, with one score "
            "for a video, so that the score of a single frame is a weak label. Zones are not told."
        ),
        label_level="clip",
        extraction=options.extraction,
    )
    told = with_one_group(segments)
    return Imported(card, told, tuple(ignored), told_of_unknown(told))


def _read_scores(
    path: Path, problems: list[Problem]
) -> tuple[dict[str, int | None], dict[str, str]]:
    """Read score and organ of each video."""
    table = read_table(path, any_bytes=True)
    columns = columns_of(table, ("id", "LUSS", "type"), "nrc-cnrc/COVID-US")
    problems += table.problems
    scores: dict[str, int | None] = {}
    organs = {}
    for row in table.rows:
        name = cell(row, columns, "id")
        organs[name] = cell(row, columns, "type").lower()
        try:
            scores[name] = read_score(cell(row, columns, "LUSS"))
        except ValueError as error:
            problems.append(Problem(f"line {row.line}, column LUSS", str(error)))
    return scores, organs


def _by_id(media: MediaIndex) -> dict[str, Path]:
    """Map each video's id to its file, the cropped one where there are two."""

    def rank(clip: Path) -> int:
        folder = clip.parent.name.lower()
        return _PREFERRED.index(folder) if folder in _PREFERRED else len(_PREFERRED)

    clips: dict[str, Path] = {}
    for clip in sorted(media.clips, key=rank):
        if clip.is_file():
            clips.setdefault(re.sub(r"_prc$", "", clip.stem.lower()), clip)
    return clips
