"""Opening an exam, naming it, having it scored, closing it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lusscore.web.exam_view import exam_view
from lusscore.web.guards import Refusal, read_text
from lusscore.web.held import HeldExam
from lusscore.web.room import Room, exam_of, result_of, room_of

_LONGEST_NAME = 120


async def open_exam(request: Request) -> Response:
    """Open an exam without clips."""
    room = room_of(request)
    await read_text(request, room.settings.limits)
    return await shown(room, room.exams.open(), 201)


async def show_exam(request: Request) -> Response:
    """Tell how far an exam is and what its scores are."""
    return await shown(room_of(request), exam_of(request))


async def name_exam(request: Request) -> Response:
    """Give an exam the name that its report has."""
    room, exam = room_of(request), exam_of(request)
    content = await read_text(request, room.settings.limits, name=str)
    name = " ".join(content["name"].split())
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise Refusal(400, f"A name is one line of at most {_LONGEST_NAME} characters.")
    exam.name = name
    return await shown(room, exam)


async def close_exam(request: Request) -> Response:
    """Close an exam and delete its clips."""
    await run_in_threadpool(room_of(request).exams.close, exam_of(request))
    return Response(status_code=204)


async def leave_exam(request: Request) -> Response:
    """Note that the page was closed, which may also be because it is loaded again."""
    room_of(request).exams.leave(exam_of(request))
    return Response(status_code=204)


async def score_exam(request: Request) -> Response:
    """Have all clips of an exam scored."""
    room, exam = room_of(request), exam_of(request)
    await read_text(request, room.settings.limits)
    room.jobs.submit(exam)
    return await shown(room, exam, 202)


async def stop_exam(request: Request) -> Response:
    """Stop scoring an exam; scores that it had stay."""
    room, exam = room_of(request), exam_of(request)
    await read_text(request, room.settings.limits)
    room.jobs.stop(exam)
    return await shown(room, exam)


async def shown(room: Room, exam: HeldExam, status: int = 200) -> Response:
    """Answer with an exam as it is now."""
    view = await run_in_threadpool(lambda: exam_view(exam, result_of(room, exam)))
    return JSONResponse(view, status)
