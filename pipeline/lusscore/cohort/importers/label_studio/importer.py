"""Label Studio: scores that annotators gave to clips, or to frames of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lusscore.cohort.card import Card
from lusscore.cohort.importers.label_studio.controls import find_score_control
from lusscore.cohort.importers.label_studio.export_json import read_json
from lusscore.cohort.importers.label_studio.media import ClipFinder
from lusscore.cohort.importers.label_studio.rows import read_rows
from lusscore.cohort.importers.label_studio.segments import SpanMaker
from lusscore.cohort.importers.label_studio.tasks import LabelTask, name_raters
from lusscore.cohort.importers.reading.clip_owner import (
    HOW_TO_TELL,
    OwnerReader,
    number_visits_of,
)
from lusscore.cohort.importers.reading.label_level import label_level_of
from lusscore.cohort.importers.reading.media_index import MediaIndex
from lusscore.cohort.importers.registry import (
    Imported,
    ImportOptions,
    cohort_name,
    register_importer,
)
from lusscore.cohort.protocols import get_protocol
from lusscore.cohort.zone_names import choose_protocol
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.tables import read_table

_SUFFIXES = (".json", ".csv", ".tsv")
_RATE_NOT_TOLD = (
    "Ranges of frames were taken for the clips' own; that is so only if the framerate of the Video "
    "tag, 24 if it gave none, is that of the clips: else say what it was with --column fps=NUMBER."
)


@register_importer(
    "label-studio", "an export of Label Studio: JSON, JSON-MIN, CSV or TSV", "columns", "media"
)
def import_label_studio(source: Path, options: ImportOptions) -> Imported:
    """Read an export of a Label Studio project: JSON, JSON-MIN, CSV or TSV.

    Every annotation that was not cancelled is what one rater said; of two by the same annotator
    the later counts. Predictions are never labels. A task that nobody scored stays unlabelled.
    Clips are looked for below ``options.media``, or below the folder in which the export lies.

    Raises
    ------
    CohortError
        If there is no export, it is not complete, or no control holds the score.
    InvalidCohortError
        If tasks are bad; all are named.
    """
    path = _find_export(source)
    owners = OwnerReader(options.columns, ("clip", "score", "fps"))
    problems: list[Problem] = []
    ignored: list[str] = []
    tasks = _read(path, problems, ignored)
    fields = owners.patient_fields
    if fields and not any(task.values(name) for task in tasks for name in fields):
        raise CohortError(
            f"it tells no patient under {' or '.join(fields)}, and folds are made of "
            f"patients; {HOW_TO_TELL}.",
            path=path,
        )
    maker = SpanMaker(
        find_score_control(tasks, options.columns, path),
        name_raters(opinion.annotator for task in tasks for opinion in task.opinions),
        options.columns.get("fps"),
    )
    index = MediaIndex(options.media or path.parent)
    finder = ClipFinder(index, options.columns.get("clip"))
    shown = [
        (task, clip, {"file": clip.relative_to(index.folder).as_posix()})
        for task in tasks
        if (clip := finder.find(task, problems)) is not None
    ]
    zones = [owners.tell("zone", _fields(task, problems), names) for task, _, names in shown]
    protocol = (
        get_protocol(options.protocol) if options.protocol else choose_protocol(filter(None, zones))
    )
    owned = []
    for task, clip, names in shown:
        owner = owners.read(task.where, _fields(task, problems), names, protocol, problems)
        if owner is not None:
            owned.append((task, clip, owner))
    visits = number_visits_of([owner for _, _, owner in owned], path)
    segments = [
        segment
        for (task, clip, _), owner in zip(owned, visits, strict=True)
        for segment in maker.segments(task, clip, owner)
    ]
    problems += maker.problems
    if problems:
        raise InvalidCohortError.of(path, problems)
    card = Card(
        name=options.name or cohort_name(path.stem),
        protocol=protocol.name,
        rubric=options.rubric or "unknown",
        source=f"Label Studio export {path.name}",
        label_level=label_level_of(segments),
        extraction=options.extraction,
    )
    notes = (_RATE_NOT_TOLD,) if maker.trusted_ranges else ()
    return Imported(card, tuple(segments), tuple(ignored + maker.ignored), notes)


def _find_export(source: Path) -> Path:
    if source.is_file() and source.suffix.lower() in _SUFFIXES:
        return source
    expected = "expected a Label Studio export: one .json, .csv or .tsv file, or its folder"
    if not source.is_dir():
        raise CohortError(f"there is no export here; {expected}", path=source)
    found = sorted(path for path in source.iterdir() if path.suffix.lower() in _SUFFIXES)
    if len(found) != 1:
        listed = f": {', '.join(path.name for path in found)}" if found else ""
        raise CohortError(f"{source} holds {len(found)} such files{listed}; {expected}.")
    return found[0]


def _read(path: Path, problems: list[Problem], ignored: list[str]) -> Sequence[LabelTask]:
    if path.suffix.lower() == ".json":
        return read_json(path, problems, ignored)
    table = read_table(path)
    problems += table.problems
    rows = [dict(zip(table.header, row.cells, strict=True)) for row in table.rows]
    if not rows:
        raise CohortError(f"{path} has no rows; export the project's annotated tasks again.")
    return read_rows(rows, problems, ignored)


def _fields(task: LabelTask, problems: list[Problem]) -> Callable[[str], str]:
    """Return what gives the one value that a task has under a name."""

    def field(name: str) -> str:
        values = task.values(name)
        if len(values) > 1:
            said = ", ".join(map(repr, values))
            problem = Problem(task.where, f"has the {name} {said}; expected one for the clip")
            if problem not in problems:
                problems.append(problem)
        return next(iter(values), "")

    return field
