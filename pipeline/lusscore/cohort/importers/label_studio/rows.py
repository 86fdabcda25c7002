"""Label Studio's JSON-MIN and CSV exports: one row for each annotation, fields side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from lusscore.cohort.importers.label_studio.tasks import LabelTask, Opinion, Told
from lusscore.cohort.importers.label_studio.values import as_text, read_value
from lusscore.errors import Problem

_ITS_OWN = frozenset(
    (
        "id",
        "annotator",
        "annotation_id",
        "created_at",
        "updated_at",
        "lead_time",
        "agreement",
        "history",
    )
)


def read_rows(
    rows: Iterable[Mapping[str, Any]], problems: list[Problem], ignored: list[str]
) -> tuple[LabelTask, ...]:
    """Read the tasks of rows in which data and results stand side by side.

    Which field is data and which a result cannot be seen, so a plain text counts as both. Rows
    of one ``id`` are annotations of one task; Label Studio has left cancelled ones out.
    """
    data: dict[str, dict[str, str]] = {}
    opinions: dict[str, list[Opinion]] = {}
    for number, row in enumerate(rows, 1):
        identity = as_text(row.get("id"))
        where = f"task {identity}" if identity else f"row {number}"
        fields = {str(key): value for key, value in row.items() if key not in _ITS_OWN}
        texts = {key: text for key, value in fields.items() if (text := as_text(value)) is not None}
        data.setdefault(where, {}).update(
            {key: text for key, text in texts.items() if not text.startswith(("[", "{"))}
        )
        annotated = as_text(row.get("annotation_id")) or as_text(row.get("annotator"))
        if not annotated or annotated == "None":
            opinions.setdefault(where, [])
            continue
        told = [
            one
            for name, value in fields.items()
            for one in _told(name, value, where, problems, ignored)
        ]
        opinions.setdefault(where, []).append(
            Opinion(
                _annotator(row.get("annotator")), as_text(row.get("updated_at")) or "", tuple(told)
            )
        )
    return tuple(LabelTask(where, data[where], tuple(opinions[where])) for where in data)


def _annotator(who: object) -> str:
    return as_text(who.get("id") if isinstance(who, dict) else who) or ""


def _told(
    name: str, value: object, where: str, problems: list[Problem], ignored: list[str]
) -> Iterable[Told]:
    """Yield what one field tells as a result: a text, or the values of several regions."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            problems.append(Problem(f"{where}, {name}", "is cut short; expected complete JSON"))
            return
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            try:
                told = read_value(name, item)
            except ValueError as error:
                problems.append(
                    Problem(f"{where}, {name}", f"{error}; expected what Label Studio writes")
                )
                continue
            if told is not None:
                yield told
            else:
                ignored.append(f"{where}: a region of {name}")
        elif text := as_text(item):
            yield Told(name, (text,))
