"""CVAT: scores that annotators gave to frames of videos and to images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from pathlib import Path

from lusscore.cohort.card import Card
from lusscore.cohort.importers.cvat.clips import CvatClip, clips_of
from lusscore.cohort.importers.cvat.export_xml import read_xml
from lusscore.cohort.importers.cvat.frames import FrameReader, MarkedFrame
from lusscore.cohort.importers.cvat.scores import find_score_source
from lusscore.cohort.importers.cvat.segments import segments_of
from lusscore.cohort.importers.cvat.tasks import CvatTask, name_assignees, read_tasks
from lusscore.cohort.importers.reading.clip_owner import (
    HOW_TO_TELL,
    OwnerReader,
    number_visits_of,
)
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

_Fields = Callable[[str], str]


@register_importer(
    "cvat",
    "annotations of CVAT: 'CVAT for video 1.1' or 'CVAT for images 1.1'",
    "columns",
    "media",
)
def import_cvat(source: Path, options: ImportOptions) -> Imported:
    """Read the exports of CVAT tasks or of a project, an XML file or a folder of them.

    Each frame has the score of its tags and shapes; who was assigned the task is the rater. What
    a model marked and nobody changed is no label. Clips are looked for below ``options.media``,
    or below the folder of the export.

    Raises
    ------
    CohortError
        If there is no export, it is not complete, or nothing holds the score.
    InvalidCohortError
        If tasks or frames are bad; all are named.
    """
    owners = OwnerReader(options.columns, ("score",))
    problems: list[Problem] = []
    reader = FrameReader(problems)
    files = [(path, *_read(path, reader)) for path in _find_exports(source)]
    everything = [frame for _, _, frames in files for frame in frames]
    scores = find_score_source(everything, options.columns.get("score"), source)
    index = MediaIndex(options.media or (source if source.is_dir() else source.parent))

    def owner_of(clip: CvatClip) -> tuple[str, ...]:
        fields, names = _fields(clip, problems), _names(clip)
        return tuple(owners.tell(word, fields, names) for word in ("patient", "exam", "zone"))

    clips = [
        clip
        for path, tasks, frames in files
        for task, own in _by_task(tasks, frames, path, problems)
        for clip in clips_of(task, own, index, owner_of, problems)
    ]
    told = [owner_of(clip) for clip in clips]
    if clips and owners.patient_fields and not any(patient for patient, _, _ in told):
        raise CohortError(
            f"{source} tells no patient under {' or '.join(owners.patient_fields)}, and folds are "
            f"made of patients; {HOW_TO_TELL}."
        )
    zones = [zone for _, _, zone in told if zone]
    protocol = get_protocol(options.protocol) if options.protocol else choose_protocol(zones)
    # what nobody marked cannot tell its patient in an attribute, and is left out
    kept = [bool(owner[0]) or _marked(clip) for clip, owner in zip(clips, told, strict=True)]
    ignored = tuple(clip.written for clip, keep in zip(clips, kept, strict=True) if not keep)
    owned = []
    for clip in compress(clips, kept):
        fields = _fields(clip, problems)
        owner = owners.read(clip.where, fields, _names(clip), protocol, problems)
        if owner is not None:
            owned.append((clip, owner))
    visits = number_visits_of([owner for _, owner in owned], source)
    raters = name_assignees(task for _, tasks, _ in files for task in tasks)
    segments = [
        segment
        for (clip, _), owner in zip(owned, visits, strict=True)
        for segment in segments_of(clip, owner, scores, raters[clip.task.assignee], problems)
    ]
    if problems:
        raise InvalidCohortError.of(source, problems)
    if not segments:
        raise CohortError(
            f"{source} names no clips of known patients; export tasks that have videos or images."
        )
    card = Card(
        name=options.name or cohort_name(source.resolve().stem),
        protocol=protocol.name,
        rubric=options.rubric or "unknown",
        source=f"CVAT export {source.resolve().name}",
        label_level="frame",
        extraction=options.extraction,
    )
    return Imported(card, tuple(segments), ignored, _notes(reader.by_models))


def _find_exports(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    found = sorted(source.rglob("*.xml")) if source.is_dir() else []
    if not found:
        raise CohortError(
            "there is no export here; expected annotations.xml as CVAT writes it, or a folder with "
            "such files. Unpack the ZIP file that CVAT gives.",
            path=source,
        )
    return found


def _read(path: Path, reader: FrameReader) -> tuple[tuple[CvatTask, ...], list[MarkedFrame]]:
    root = read_xml(path)
    return read_tasks(root, reader.problems), reader.read(root)


def _by_task(
    tasks: Sequence[CvatTask], frames: Sequence[MarkedFrame], path: Path, problems: list[Problem]
) -> Iterator[tuple[CvatTask, list[MarkedFrame]]]:
    """Yield each task with its frames; where there is one task, all are its."""
    by_task: dict[str, list[MarkedFrame]] = {task.identity: [] for task in tasks}
    for frame in frames:
        task = tasks[0].identity if len(tasks) == 1 else frame.task
        if task in by_task:
            by_task[task].append(frame)
        elif tasks:
            problem = Problem(path.name, f"has frames of task {task!r}, which <meta> does not name")
            if problem not in problems:
                problems.append(problem)
    yield from ((task, by_task[task.identity]) for task in tasks)


def _fields(clip: CvatClip, problems: list[Problem]) -> _Fields:
    """Return what gives the one value that a clip's marks have of an attribute."""

    def field(name: str) -> str:
        values = dict.fromkeys(
            value
            for frame in clip.frames.values()
            for mark in frame.marks
            if (value := mark.attributes.get(name, ""))
        )
        if len(values) > 1:
            said = ", ".join(map(repr, values))
            problem = Problem(clip.where, f"has the {name} {said}; expected one for the clip")
            if problem not in problems:
                problems.append(problem)
        return next(iter(values), "")

    return field


def _marked(clip: CvatClip) -> bool:
    return any(frame.marks for frame in clip.frames.values())


def _names(clip: CvatClip) -> dict[str, str]:
    labels = (mark.label for frame in clip.frames.values() for mark in frame.marks)
    return {
        "file": clip.written,
        "task": clip.task.name,
        "label": " and ".join(dict.fromkeys(labels)),
    }


def _notes(by_models: int) -> tuple[str, ...]:
    if not by_models:
        return ()
    return (f"{by_models} annotations were made by a model and left out; only people label.",)
