"""COVID-BLUES (Wiedemann et al. 2025): clips of six BLUE points with a score per clip."""

from __future__ import annotations

import re
from pathlib import Path

from lusscore.cohort.importers.published import PublishedTable, read_published
from lusscore.cohort.importers.registry import Import, Imported, ImportOptions, register_importer
from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError

_NAME = re.compile(r"patient_(?P<patient>\d+)_(?P<zone>[LR][123])(?:_(?P<repeat>\d+))?")
_GROUPS = {"1": "covid", "0": "non-covid", "": ""}
_EXPECTED = (
    "expected a copy of COVID-BLUES with lus_videos/, severity.csv and clinical_variables.csv"
)
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
    """
    if not source.is_dir():
        raise CohortError(f"there is no folder here; {_EXPECTED}", path=source)
    job = Import(source, options)
    groups = _read_groups(source / "clinical_variables.csv", job)
    scores = _read_scores(source / "severity.csv", job)
    videos = {path.stem: path for path in sorted((source / "lus_videos").glob("*.mp4"))}
    if not videos:
        raise CohortError(
            "there are no clips here; expected patient_<n>_<zone>.mp4", path=source / "lus_videos"
        )
    for name in sorted(scores.keys() - videos.keys()):
        if not job.not_here(f"{name}.mp4"):
            job.problem(f"severity.csv, {name}", f"there is no lus_videos/{name}.mp4")
    segments = []
    for name, path in videos.items():
        match = _NAME.fullmatch(name)
        if match is None:
            job.ignored.append(f"lus_videos/{path.name}")
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
    segments.sort(key=lambda segment: (int(segment.patient), segment.zone, segment.clip))
    return job.finish(
        segments,
        name="covid-blues",
        protocol="blue-6",
        rubric="soldati-2020",
        licence="CC BY-NC-ND 4.0",
        citation=_CITATION,
        source="COVID-BLUES, Maastricht UMC+, recorded February to May 2021 with a convex probe",
        description=(
            "Symptomatic patients suspected of COVID-19; groups are the result of the COVID-19 "
            "test. One score per clip, so that the score of a single frame is a weak label."
        ),
        label_level="clip",
    )


def _read_groups(path: Path, job: Import) -> dict[str, str]:
    groups = {}
    for at, row in _read_table(path, ("patient_id", "cov_test"), job).rows():
        value = row["cov_test"].removesuffix(".0")
        if value not in _GROUPS:
            where = f"{path.name} line {at.line}, column cov_test"
            job.problem(where, f"{value!r} is not allowed; expected 0 or 1")
        groups[row["patient_id"]] = _GROUPS.get(value, "")
    return groups


def _read_scores(path: Path, job: Import) -> dict[str, int | None]:
    columns = ("video_file", "Severity Score")
    scores, problems = _read_table(path, columns, job).scores(*columns)
    for problem in problems:
        job.problem(f"{path.name} {problem.where}", problem.what)
    return scores


def _read_table(path: Path, names: tuple[str, ...], job: Import) -> PublishedTable:
    """Read a table; rows that do not fit its header are problems."""
    if not path.exists():
        raise CohortError(f"there is no table here; {_EXPECTED}", path=path)
    read = read_published(path, names, "COVID-BLUES")
    for problem in read.table.problems:
        job.problem(f"{path.name} {problem.where}", problem.what)
    return read
