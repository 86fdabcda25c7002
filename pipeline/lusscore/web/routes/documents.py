"""An exam's report and its numbers, to be kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lusscore import Exam
from lusscore.web.guards import REPORT_POLICY, Refusal
from lusscore.web.held import HeldExam
from lusscore.web.room import Room, exam_of, result_of, room_of

_Write = Callable[[Exam, bool], str]

_DOCUMENTS: dict[str, tuple[str, _Write]] = {
    "report.html": ("text/html", lambda exam, names: exam.to_html(names=names)),
    "exam.json": (
        "application/json",
        lambda exam, names: json.dumps(exam.to_dict(names=names), indent=1, ensure_ascii=False),
    ),
    "clips.csv": ("text/csv", lambda exam, names: exam.clips_csv()),
    "zones.csv": ("text/csv", lambda exam, names: exam.zones_csv()),
}


async def show_document(request: Request) -> Response:
    """Answer with one of the documents; names of files are in it only if asked for."""
    file = request.path_params["document"]
    if file not in _DOCUMENTS:
        raise Refusal(404, "There is nothing at this address.")
    kind, write = _DOCUMENTS[file]
    room, exam = room_of(request), exam_of(request)
    names = request.query_params.get("names") == "1"
    text = await run_in_threadpool(_write, room, exam, names, write)
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    if file == "report.html" and request.query_params.get("view") == "1":
        headers = {"Content-Security-Policy": REPORT_POLICY}
    return Response(text, media_type=kind, headers=headers)


def _write(room: Room, exam: HeldExam, names: bool, write: _Write) -> str:
    result = result_of(room, exam)
    if result is None:
        raise Refusal(409, "Nothing of this exam is scored yet.")
    return write(_with_names(exam, result) if names else result, names)


def _with_names(exam: HeldExam, result: Exam) -> Exam:
    """Put the names that the user knows for the numbers under which clips lie here."""
    named = tuple(
        replace(each, clip=replace(each.clip, path=Path(exam.clips[each.number].name)))
        if each.number in exam.clips
        else each
        for each in result.clips
    )
    return replace(result, scored=replace(result.scored, clips=named))
