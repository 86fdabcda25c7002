"""Clips of an exam: taking them in, their zones, what is said of each."""

from __future__ import annotations

from contextlib import suppress

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lusscore.scoring import ClipPrediction
from lusscore.web.exam_view import clip_view, reading_view
from lusscore.web.guards import Refusal, read_text
from lusscore.web.packed import pack_maps, pack_pictures
from lusscore.web.room import clip_of, exam_of, room_of
from lusscore.web.routes.exams import shown
from lusscore.web.shown_name import shown_name

BYTES = "application/octet-stream"


async def add_clip(request: Request) -> Response:
    """Take a clip in; its zone is guessed from its name, its folders and its header."""
    exam = exam_of(request)
    name = shown_name(request.headers.get("x-lusscore-name", ""))
    clip = await room_of(request).uploads.take(request, exam, name)
    return JSONResponse(clip_view(exam, clip), 201)


async def change_clip(request: Request) -> Response:
    """Give a clip the zone that a person says, or none."""
    room = room_of(request)
    exam, clip = clip_of(request)
    zone = (await read_text(request, room.settings.limits, zone=str))["zone"]
    if zone and zone not in room.uploads.protocol.zone_names:
        raise Refusal(400, f"It is no zone of {room.uploads.protocol.name}.")
    with exam.lock:
        clip.zone, clip.zone_source, clip.zone_doubt = zone, "person" if zone else "", ""
        clip.by_person = True
        room.uploads.sort(exam)
    return await shown(room, exam)


async def remove_clip(request: Request) -> Response:
    """Take a clip out of its exam and delete it."""
    room = room_of(request)
    exam, clip = clip_of(request)
    with exam.lock:
        exam.clips.pop(clip.number, None)
        room.uploads.sort(exam)
    # Windows keeps a file that is being read; it goes with the exam's folder
    with suppress(OSError):
        clip.path.unlink()
    return await shown(room, exam)


async def show_thumbnail(request: Request) -> Response:
    """Show the first frame, small."""
    return Response(clip_of(request)[1].thumbnail, media_type="image/jpeg")


async def show_reading(request: Request) -> Response:
    """Tell what the scorer says of every frame."""
    reading = _reading(request)
    return JSONResponse(await run_in_threadpool(reading_view, reading))


async def show_pictures(request: Request) -> Response:
    """Send the frames to look at."""
    return Response(pack_pictures(_reading(request).pictures.jpegs), media_type=BYTES)


async def show_maps(request: Request) -> Response:
    """Send which part of each of these frames speaks for which score."""
    return Response(await run_in_threadpool(pack_maps, _reading(request)), media_type=BYTES)


def _reading(request: Request) -> ClipPrediction:
    scored = clip_of(request)[1].scored
    if scored is None or scored.prediction is None:
        raise Refusal(404, "This clip has no score yet.")
    return scored.prediction
