"""COVID-BLUES (Wiedemann et al. 2025): clips of six BLUE points with a score per clip."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from lusscore.cohort.card import Card
from lusscore.cohort.importers.reading.public_tables import cell, columns_of
from lusscore.cohort.importers.reading.score_words import read_score
from lusscore.cohort.importers.registry import Imported, ImportOptions, register_importer
from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.tables import Table, read_table

_NAME = re.compile(r"patient_(?P<patient>\d+)_(?P<zone>[LR][123])(?:_(?P<repeat>\d+))?")
_GROUPS = {"1": "covid", "0": "non-covid"}
_CITATION = (
    "Wiedemann N, de Korte-de Boer D, Richter M, et al. COVID-BLUeS – A Prospective Study on the "
    "Value of AI in Lung Ultrasound Analysis. IEEE J Biomed Health Inform 29(9):6301–6310, 2025. "
    "doi:10.1109/JBHI.2025.3543686"
)


@register_importer(
    "covid-blues", "a copy of COVID-BLUES (lus_videos/, severity.csv, clinical_variables.csv)"
)
def import_covid_blues(source: Path, options: ImportOptions) -> Imported:
    """Read a copy of COVID-BLUES.

    Expects ``lus_videos/patient_<n>_<zone>[_<repeat>].mp4``, ``severity.csv`` and
    ``clinical_variables.csv``. Clips are referenced where they lie; one that ``severity.csv``
    does not name stays unlabelled.

    Raises
    ------
    CohortError
        If a table or column is missing.
    InvalidCohortError
        If rows are bad; all are named.
    """
    if not source.is_dir():
        raise CohortError(
            f"{source} is no folder; expected a copy of COVID-BLUES with lus_videos/, "
            "severity.csv and clinical_variables.csv."
        )
    problems: list[Problem] = []
    groups = _read_groups(source / "clinical_variables.csv", problems)
    scores = _read_scores(source / "severity.csv", problems)
    videos = {path.stem: path for path in sorted((source / "lus_videos").glob("*.mp4"))}
    if not videos:
        raise CohortError(f"No clips in {source / 'lus_videos'}; expected patient_<n>_<zone>.mp4.")
    problems += [
        Problem(f"severity.csv, {name}", f"there is no lus_videos/{name}.mp4")
        for name in scores
        if name not in videos
    ]
    segments, ignored = [], []
    for name, path in videos.items():
        match = _NAME.fullmatch(name)
        if match is None:
            ignored.append(f"lus_videos/{path.name}")
            continue
        segments.append(
            Segment(
                clip=path.resolve().as_posix(),
                patient=match["patient"],
                exam="1",
                zone=match["zone"],
                score=scores.get(name),
                group=groups.get(match["patient"], ""),
                device="Philips Lumify",
                rater="two experts",
            )
        )
    if problems:
        raise InvalidCohortError.of(source, problems)
    segments.sort(key=lambda segment: (int(segment.patient), segment.zone, segment.clip))
    card = Card(
        name=options.name or "covid-blues",
        protocol=options.protocol or "blue-6",
        rubric=options.rubric or "soldati-2020",
        licence="CC BY-NC-ND 4.0",
        citation=_CITATION,
        source="COVID-BLUES, Maastricht UMC+, recorded February to May 2021 with a convex probe",
        description=(
            "Symptomatic patients suspected of COVID-19; groups are the result of the COVID-19 "
            "test. One score per clip, so that the score of a single frame is a weak label."
        ),
        label_level="clip",
        extraction=options.extraction,
    )
    return Imported(card, tuple(segments), tuple(ignored))


def _read_groups(path: Path, problems: list[Problem]) -> dict[str, str]:
    table, columns = _read_table(path, ("patient_id", "cov_test"), problems)
    groups = {}
    for row in table.rows:
        value = cell(row, columns, "cov_test").removesuffix(".0")
        if value and value not in _GROUPS:
            where = f"{path.name} line {row.line}, column cov_test"
            problems.append(Problem(where, f"{value!r} is not allowed; expected 0 or 1"))
        groups[cell(row, columns, "patient_id")] = _GROUPS.get(value, "")
    return groups


def _read_scores(path: Path, problems: list[Problem]) -> dict[str, int | None]:
    table, columns = _read_table(path, ("video_file", "Severity Score"), problems)
    scores: dict[str, int | None] = {}
    for row in table.rows:
        try:
            scores[cell(row, columns, "video_file")] = read_score(
                cell(row, columns, "Severity Score")
            )
        except ValueError as error:
            where = f"{path.name} line {row.line}, column Severity Score"
            problems.append(Problem(where, str(error)))
    return scores


def _read_table(
    path: Path, names: tuple[str, ...], problems: list[Problem]
) -> tuple[Table, dict[str, int]]:
    """Read a table and where its columns stand; rows that do not fit its header are problems."""
    if not path.exists():
        raise CohortError(
            "there is no table here; expected a copy of COVID-BLUES with lus_videos/, severity.csv "
            "and clinical_variables.csv.",
            path=path,
        )
    table = read_table(path, any_bytes=True)
    problems += [replace(found, where=f"{path.name} {found.where}") for found in table.problems]
    return table, columns_of(table, names, "COVID-BLUES")
