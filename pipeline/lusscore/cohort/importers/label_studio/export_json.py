"""Label Studio's JSON export: tasks with their annotations, in full."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lusscore.cohort.importers.label_studio.rows import read_rows
from lusscore.cohort.importers.label_studio.tasks import LabelTask, Opinion, Told
from lusscore.cohort.importers.label_studio.values import as_text, read_value
from lusscore.errors import CohortError, Problem


def read_json(path: Path, problems: list[Problem], ignored: list[str]) -> tuple[LabelTask, ...]:
    """Read the tasks of a ``JSON`` or ``JSON-MIN`` export.

    Parameters
    ----------
    path
        The file.
    problems
        Grows by what is not as Label Studio writes it.
    ignored
        Grows by results that are not of a clip or a segment of it, such as boxes.

    Raises
    ------
    CohortError
        If the file is not JSON or holds no list of tasks.
    """
    try:
        tasks = json.loads(path.read_bytes())
    except OSError as error:
        raise CohortError(
            f"it cannot be read ({error.strerror}); check that it is there.",
            path=path,
        ) from None
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise CohortError(f"{path} is not complete JSON ({reason}); export it again.") from None
    if isinstance(tasks, dict):
        tasks = [tasks]
    if (
        not isinstance(tasks, list)
        or not tasks
        or not all(isinstance(task, dict) for task in tasks)
    ):
        raise CohortError(
            "it holds no list of tasks; export the project from Label Studio as JSON, "
            "JSON-MIN or CSV.",
            path=path,
        )
    if not any("data" in task for task in tasks):
        return read_rows(tasks, problems, ignored)
    return tuple(_task(number, task, problems, ignored) for number, task in enumerate(tasks, 1))


def _task(
    number: int, task: dict[str, Any], problems: list[Problem], ignored: list[str]
) -> LabelTask:
    identity = as_text(task.get("id"))
    where = f"task {identity}" if identity else f"task number {number} of the file"
    data = task.get("data")
    if not isinstance(data, dict):
        problems.append(Problem(where, "has no data; expected an object with the clip's path"))
        data = {}
    # exports of before 2021 say completions
    annotations = task.get("annotations", task.get("completions")) or []
    if not isinstance(annotations, list) or not all(isinstance(one, dict) for one in annotations):
        problems.append(Problem(where, "has annotations that are no list of objects"))
        annotations = []
    return LabelTask(
        where=where,
        data={key: text for key, value in data.items() if (text := as_text(value)) is not None},
        opinions=tuple(
            Opinion(_annotator(one), _when(one), _told(one, where, problems, ignored))
            for one in annotations
            if not one.get("was_cancelled") and not one.get("skipped")
        ),
    )


def _annotator(annotation: dict[str, Any]) -> str:
    """Return who made an annotation: a number where there is one, else what the export has."""
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        who = next((who[key] for key in ("id", "email") if who.get(key) is not None), None)
    return as_text(who) or ""


def _when(annotation: dict[str, Any]) -> str:
    return as_text(annotation.get("updated_at") or annotation.get("created_at")) or ""


def _told(
    annotation: dict[str, Any], where: str, problems: list[Problem], ignored: list[str]
) -> tuple[Told, ...]:
    results = annotation.get("result") or []
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        problems.append(Problem(where, "has an annotation whose result is no list of objects"))
        return ()
    told = (_result(result, where, problems, ignored) for result in results)
    return tuple(one for one in told if one is not None)


def _result(
    result: dict[str, Any],
    where: str,
    problems: list[Problem],
    ignored: list[str],
) -> Told | None:
    control, value = as_text(result.get("from_name")), result.get("value")
    if not control:  # relations between regions have neither
        return None
    if not isinstance(value, dict):
        problems.append(Problem(f"{where}, {control}", "has a value that is no object"))
        return None
    try:
        told = read_value(control, value)
    except ValueError as error:
        problems.append(
            Problem(f"{where}, {control}", f"{error}; expected what Label Studio writes")
        )
        return None
    if told is None:
        ignored.append(f"{where}: {as_text(result.get('type')) or 'a result'} of {control}")
    return told
