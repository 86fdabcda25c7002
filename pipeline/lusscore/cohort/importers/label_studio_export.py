"""Label Studio's exports: JSON in full; JSON-MIN, CSV and TSV with one row for each annotation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import AliasChoices, ConfigDict, Field

from lusscore.cohort.importers.registry import Import
from lusscore.errors import CohortError
from lusscore.records import STRICT, Record, validate
from lusscore.tables import read_table

SUFFIXES = (".json", ".csv", ".tsv")
_OF_A_SEGMENT = ("timelinelabels", "labels")
_OF_ANYTHING = ("choices", "rating", "number", "taxonomy", "text")
# what a result has besides when it was said of a part of the picture
_OF_A_PLACE = frozenset(("x", "y", "sequence", "points", "vertices", "rle", "radiusX"))
_NO_RESULTS = (
    *("id", "annotator", "annotation_id", "created_at", "updated_at"),
    *("lead_time", "agreement", "history"),
)


@dataclass(frozen=True)
class Result:
    """What one annotator said with one control (``from_name`` in an export).

    It was said in `words`, of `ranges` of frames (first and last, counted from 1), of `seconds`
    from and up to, or else of the whole clip.
    """

    control: str
    words: tuple[str, ...]
    ranges: tuple[tuple[int, int], ...] = ()
    seconds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Annotation:
    """What one annotator said of a clip.

    The annotator is a number or an e-mail address, or empty when unknown; `when` it was last
    changed is a text that sorts by time.
    """

    annotator: str
    when: str
    results: tuple[Result, ...]


@dataclass(frozen=True)
class LabelTask:
    """One task: its place in the export, the fields it was made with, and its annotations."""

    where: str
    data: dict[str, str] = field(default_factory=dict)
    annotations: list[Annotation] = field(default_factory=list)

    @property
    def latest(self) -> tuple[Annotation, ...]:
        """Annotations in order of time, without what an annotator said before saying it anew."""
        latest: dict[object, Annotation] = {}
        for number, one in enumerate(sorted(self.annotations, key=lambda one: one.when)):
            # annotations of unknown annotators may be of different people
            latest[one.annotator or number] = one
        return tuple(latest.values())

    def values(self, name: str) -> list[str]:
        """Return what the data say under a name, else what annotators say; each once."""
        if self.data.get(name):
            return [self.data[name]]
        results = (result for annotation in self.latest for result in annotation.results)
        said = (" ".join(one.words) for one in results if one.control == name and one.words)
        return list(dict.fromkeys(said))


_R = TypeVar("_R", bound=Record)


class _Lenient(Record):
    model_config = ConfigDict(**{**STRICT, "extra": "ignore"})


class _Range(_Lenient):
    start: int = Field(le=10**9)
    end: int = Field(le=10**9)


class _Value(_Lenient):
    ranges: tuple[_Range, ...] = ()
    start: float = 0.0
    end: float = 0.0


class _ResultRecord(_Lenient):
    from_name: Any = None
    type: Any = None
    value: dict[str, Any] = Field(default_factory=dict)


class _Annotated(_Lenient):
    completed_by: Any = None
    result: list[_ResultRecord] | None = None
    was_cancelled: Any = None
    skipped: Any = None
    updated_at: Any = None
    created_at: Any = None


class _Task(_Lenient):
    data: dict[str, Any]
    # exports of before 2021 say completions
    annotations: list[_Annotated] | None = Field(
        default=None, validation_alias=AliasChoices("annotations", "completions")
    )


def read_export(path: Path, job: Import) -> list[LabelTask]:
    """Read the tasks of an export, without cancelled annotations and predictions."""
    if path.suffix.lower() != ".json":
        table = read_table(path)
        job.problems += table.problems
        rows = [dict(zip(table.header, row.cells, strict=True)) for row in table.rows]
        if not rows:
            raise CohortError(
                "it has no rows", advice="export the project's annotated tasks again", path=path
            )
        return _read_rows(rows, job)
    try:
        tasks = json.loads(job.read(path), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise CohortError(
            f"it is not complete JSON ({reason})", advice="export it again", path=path
        ) from None
    tasks = [tasks] if isinstance(tasks, dict) else tasks
    if not isinstance(tasks, list) or not tasks or not all(isinstance(one, dict) for one in tasks):
        raise CohortError(
            "it holds no list of tasks",
            advice="export the project from Label Studio as JSON, JSON-MIN or CSV",
            path=path,
        )
    if not any("data" in task for task in tasks):
        return _read_rows(tasks, job)
    read = (_read_task(number, task, job) for number, task in enumerate(tasks, 1))
    return [task for task in read if task is not None]


def _read_task(number: int, task: dict[str, Any], job: Import) -> LabelTask | None:
    """Read a task of the JSON export; None where it is not as Label Studio writes it."""
    identity = _text(task.get("id"))
    where = f"task {identity}" if identity else f"task number {number} of the file"
    record = _validated(task, _Task, where, job)
    if record is None:
        return None
    read = LabelTask(where, _texts(record.data))
    for one in record.annotations or []:
        if one.was_cancelled or one.skipped:
            continue
        results: list[Result] = []
        for result in one.result or []:
            control = _text(result.from_name)
            if control:  # which a relation between regions has not
                kind = _text(result.type) or "a result"
                results += _read_value(control, result.value, where, kind, job)
        who = one.completed_by
        if isinstance(who, dict):
            who = next((who[key] for key in ("id", "email") if who.get(key) is not None), None)
        when = _text(one.updated_at or one.created_at)
        read.annotations.append(Annotation(_text(who), when, tuple(results)))
    return read


def _read_rows(rows: Iterable[Mapping[str, Any]], job: Import) -> list[LabelTask]:
    """Read the tasks of rows in which data and results stand side by side.

    Which field is data and which a result cannot be seen, so a plain text counts as both. Rows
    of one ``id`` are annotations of one task; Label Studio has left cancelled ones out.
    """
    tasks: dict[str, LabelTask] = {}
    for number, row in enumerate(rows, 1):
        identity = _text(row.get("id"))
        where = f"task {identity}" if identity else f"row {number}"
        task = tasks.setdefault(where, LabelTask(where))
        fields = {name: value for name, value in row.items() if name not in _NO_RESULTS}
        for name, text in _texts(fields).items():
            if not text.startswith(("[", "{")):
                task.data[name] = text
        if (_text(row.get("annotation_id")) or _text(row.get("annotator"))) in ("", "None"):
            continue
        results: list[Result] = []
        for name, value in fields.items():
            results += _read_field(name, value, where, job)
        who = row.get("annotator")
        who = who.get("id") if isinstance(who, dict) else who
        task.annotations.append(
            Annotation(_text(who), _text(row.get("updated_at")), tuple(results))
        )
    return list(tasks.values())


def _read_field(name: str, value: object, where: str, job: Import) -> Iterator[Result]:
    """Yield the results in one field of a row: a text, or the values of several regions."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        try:
            value = json.loads(value, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            job.problem(f"{where}, {name}", "is cut short; expected complete JSON")
            return
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield from _read_value(name, item, where, "a region", job)
        elif text := _text(item):
            yield Result(name, (text,))


def _read_value(
    control: str, said: dict[str, Any], where: str, kind: str, job: Import
) -> Iterator[Result]:
    """Yield the result in a value if it is of a clip or of a segment of it."""
    key = next((key for key in _OF_A_SEGMENT + _OF_ANYTHING if key in said), None)
    timed = "ranges" in said or said.keys() >= {"start", "end"}
    if key is None or _OF_A_PLACE & said.keys() or (key in _OF_A_SEGMENT and not timed):
        job.ignored.append(f"{where}: {kind} of {control}")
        return
    record = _validated(said, _Value, f"{where}, {control}", job)
    if record is None:
        return
    if "ranges" in said and not record.ranges:
        job.ignored.append(f"{where}: {kind} of {control}")
        return
    items = said[key] if isinstance(said[key], list) else [said[key]]
    if key == "taxonomy":
        items = [path[-1] if isinstance(path, list) and path else path for path in items]
    if not all(map(_is_text, items)):
        job.problem(f"{where}, {control}", f"{key} holds what is neither text nor number")
        return
    words = tuple(filter(None, map(_text, items)))
    ranges = tuple((one.start, one.end) for one in record.ranges)
    seconds = (record.start, record.end) if timed and not ranges else None
    yield Result(control, words, ranges, seconds)


def _validated(value: Any, record: type[_R], where: str, job: Import) -> _R | None:
    """Make a record of a part of the export; note what is wrong with it and return None."""
    try:
        return validate(value, record, CohortError)
    except CohortError as error:
        for problem in error.problems:
            job.problem(f"{where}, {problem.where}", problem.what)
        if not error.problems:
            job.problem(where, error.what)
        return None


def _is_text(value: object) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _text(value: object) -> str:
    """Return a text or number as text; nothing for anything else."""
    return str(value).strip() if _is_text(value) else ""


def _texts(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in fields.items() if _is_text(value)}
