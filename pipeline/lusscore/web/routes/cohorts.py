"""Cohorts, their labelling queues, and saving labels."""

from __future__ import annotations

from functools import partial
from typing import Any

from anyio.to_thread import run_sync
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lusscore.labelling import NewCohort
from lusscore.web.cohort_pictures import cohort_pictures
from lusscore.web.guards import Refusal, read_text
from lusscore.web.labels import label_in_queue, label_upload
from lusscore.web.packed import pack_pictures
from lusscore.web.room import clip_of, room_of
from lusscore.web.routes.clips import BYTES
from lusscore.web.suggestions import clip_by_id, suggestions

_MOST_SUGGESTED = 200
_LAST_FRAME = 10**9


async def list_cohorts(request: Request) -> Response:
    """List all cohorts."""
    return JSONResponse(await run_in_threadpool(room_of(request).cohorts.overview))


async def suggest(request: Request) -> Response:
    """Choose the clips to label next."""
    cohorts = room_of(request).cohorts
    count = _number(request, "count", 20, 1, _MOST_SUGGESTED)
    work = partial(suggestions, cohorts, request.path_params["cohort"], count)
    return JSONResponse(await run_sync(work, limiter=cohorts.one_at_a_time))


async def show_clip(request: Request) -> Response:
    """Send frames of a cohort's clip."""
    cohorts = room_of(request).cohorts
    first = _number(request, "first", 0, 0, _LAST_FRAME)
    end = _number(request, "last", _LAST_FRAME, 1, _LAST_FRAME)

    def work() -> bytes:
        cohort = cohorts.find(request.path_params["cohort"])
        clip = clip_by_id(cohort, request.query_params.get("clip", ""))
        return pack_pictures(cohort_pictures(cohort.clip_path(clip), first, end))

    return Response(await run_sync(work, limiter=cohorts.one_at_a_time), media_type=BYTES)


async def save_queue_label(request: Request) -> Response:
    """Save a score of a clip that the cohort has."""
    room = room_of(request)
    told = await read_text(
        request, room.settings.limits, clip=str, score=int, rater=str, zone=str, segment=list
    )
    frames = _segment(told.pop("segment"))
    work = partial(
        label_in_queue, room.cohorts, request.path_params["cohort"], frames=frames, **told
    )
    return JSONResponse(await run_in_threadpool(work))


async def save_upload_label(request: Request) -> Response:
    """Take an uploaded clip into a cohort with its label."""
    room = room_of(request)
    _, clip = clip_of(request)
    texts = dict.fromkeys(("cohort", "patient", "exam", "zone", "rater"), str)
    told = await read_text(request, room.settings.limits, score=int, new=bool, **texts)
    cohort, make = told.pop("cohort"), told.pop("new")
    # cached embeddings can then be of use to the next model
    bundle = room.model.bundle
    work = partial(
        label_upload,
        *(room.cohorts, cohort, clip.path),
        make=make,
        new=NewCohort(bundle.protocol, bundle.rubric, bundle.extraction),
        **told,
    )
    return JSONResponse(await run_in_threadpool(work))


def _number(request: Request, name: str, usual: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and least <= int(text) <= most):
        raise Refusal(400, f"The {name} must be a number from {least} to {most}.")
    return int(text)


def _segment(segment: list[Any]) -> tuple[int, int | None]:
    match segment:
        case [int(first), None]:
            return first, None
        case [int(first), int(end)]:
            return first, end
    raise Refusal(400, "The request's segment is not what it must be.")
