"""The page's addresses and what answers at each."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from lusscore import Exam, Model
from lusscore.errors import LusscoreError
from lusscore.labelling import NewCohort
from lusscore.scoring import ClipPrediction
from lusscore.web.cohorts import Cohorts, cohort_pictures
from lusscore.web.exams import Exams, ExamSession, UploadedClip
from lusscore.web.guards import REPORT_POLICY, Refusal, read_json
from lusscore.web.jobs import Jobs
from lusscore.web.labelling import clip_by_id, label_in_queue, label_upload, suggestions
from lusscore.web.pages import Pages
from lusscore.web.runs import Runs
from lusscore.web.settings import ServeSettings
from lusscore.web.uploads import Uploads, shown_name
from lusscore.web.views import clip_view, exam_view, pack_maps, pack_pictures, prediction_view

STATIC = Path(__file__).parent / "static"

# what an operating system thinks of a suffix must not decide whether browsers run the scripts
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_BYTES = "application/octet-stream"
_LONGEST_NAME = 120
_MOST_SUGGESTED = 200
_LAST_FRAME = 10**9


@dataclass(frozen=True)
class AppState:
    """The server's state while it runs; reached as ``request.app.state``."""

    settings: ServeSettings
    model: Model
    exams: Exams
    uploads: Uploads
    jobs: Jobs
    cohorts: Cohorts
    runs: Runs
    pages: Pages

    def summed_up(self, exam: ExamSession) -> Exam | None:
        """Sum an exam up as its zones are now; None before anything was scored.

        Sentences on the clips as a whole come first among its notes, so that page, report and
        JSON have them.
        """
        with exam.lock:
            clips, notes = exam.scored_clips(), exam.notes
        if not clips:
            return None
        try:
            result = self.model.assemble(exam.name, clips)
        except LusscoreError as error:
            raise Refusal(422, error.without_path()) from None
        return replace(result, scored=replace(result.scored, notes=(*notes, *result.notes)))


def routes() -> list[BaseRoute]:
    """Return the addresses and what answers at each."""
    exam, clip = "/api/exams/{exam}", "/api/exams/{exam}/clips/{clip:int}"
    return [
        Route("/", _page("exam")),
        Route("/queue", _page("queue")),
        Route("/runs", _page("runs")),
        Mount("/static", _Static(directory=STATIC)),
        Route("/api/exams", _open_exam, methods=["POST"]),
        Route(exam, _show_exam, methods=["GET"]),
        Route(exam, _name_exam, methods=["PATCH"]),
        Route(exam, _close_exam, methods=["DELETE"]),
        Route(f"{exam}/leave", _leave_exam, methods=["POST"]),
        Route(f"{exam}/score", _score_exam, methods=["POST"]),
        Route(f"{exam}/stop", _stop_exam, methods=["POST"]),
        Route(f"{exam}/clips", _add_clip, methods=["POST"]),
        Route(clip, _change_clip, methods=["PATCH"]),
        Route(clip, _remove_clip, methods=["DELETE"]),
        Route(f"{clip}/thumbnail", _show_thumbnail),
        Route(f"{clip}/prediction", _show_prediction),
        Route(f"{clip}/pictures", _show_pictures),
        Route(f"{clip}/maps", _show_maps),
        Route(f"{clip}/label", _save_upload_label, methods=["POST"]),
        Route("/api/cohorts", _list_cohorts),
        Route("/api/cohorts/{cohort}/suggestions", _suggest),
        Route("/api/cohorts/{cohort}/pictures", _show_cohort_clip),
        Route("/api/cohorts/{cohort}/labels", _save_queue_label, methods=["POST"]),
        Route("/api/runs", _list_runs),
        Route("/runs/{cohort}/{run}/report.html", _show_run_report),
        Route(f"{exam}/{{document}}", _show_document),
    ]


class _Static(StaticFiles):
    """The page's own files, each of the kind that it is."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kind = _KINDS.get(Path(path).suffix)
        if kind is not None:
            response.headers["Content-Type"] = f"{kind}; charset=utf-8"
        return response


def _state(request: Request) -> AppState:
    state: AppState = request.app.state
    return state


def _exam(request: Request) -> ExamSession:
    return _state(request).exams.find(request.path_params["exam"])


def _clip(request: Request) -> tuple[ExamSession, UploadedClip]:
    exam = _exam(request)
    clip = exam.clips.get(request.path_params["clip"])
    if clip is None:
        raise Refusal(404, "This clip was removed from the exam.")
    return exam, clip


async def _read(request: Request, **expected: type) -> dict[str, Any]:
    return await read_json(request, _state(request).settings.limits, **expected)


async def _shown(state: AppState, exam: ExamSession, status: int = 200) -> Response:
    """Answer with an exam as it is now."""
    view = await run_sync(lambda: exam_view(exam, state.summed_up(exam)))
    return JSONResponse(view, status)


# pages


def _page(name: str) -> Callable[[Request], Any]:
    async def show(request: Request) -> Response:
        return _state(request).pages.render(name)

    return show


# exams


async def _open_exam(request: Request) -> Response:
    await _read(request)
    state = _state(request)
    return await _shown(state, state.exams.open(), 201)


async def _show_exam(request: Request) -> Response:
    return await _shown(_state(request), _exam(request))


async def _name_exam(request: Request) -> Response:
    state, exam = _state(request), _exam(request)
    name = " ".join((await _read(request, name=str))["name"].split())
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise Refusal(400, f"A name is one line of at most {_LONGEST_NAME} characters.")
    exam.name = name
    return await _shown(state, exam)


async def _close_exam(request: Request) -> Response:
    await run_sync(_state(request).exams.close, _exam(request))
    return Response(status_code=204)


async def _leave_exam(request: Request) -> Response:
    """Note that the page was closed, which may also be because it is loaded again."""
    _state(request).exams.leave(_exam(request))
    return Response(status_code=204)


async def _score_exam(request: Request) -> Response:
    state, exam = _state(request), _exam(request)
    await _read(request)
    state.jobs.submit(exam)
    return await _shown(state, exam, 202)


async def _stop_exam(request: Request) -> Response:
    """Stop scoring an exam; scores that it had stay."""
    state, exam = _state(request), _exam(request)
    await _read(request)
    state.jobs.stop(exam)
    return await _shown(state, exam)


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


async def _show_document(request: Request) -> Response:
    """Export an exam's report or numbers; names of files are in it only if asked for."""
    file = request.path_params["document"]
    if file not in _DOCUMENTS:
        raise Refusal(404, "There is nothing at this address.")
    kind, write = _DOCUMENTS[file]
    state, exam = _state(request), _exam(request)
    names = request.query_params.get("names") == "1"

    def text() -> str:
        result = state.summed_up(exam)
        if result is None:
            raise Refusal(409, "Nothing of this exam is scored yet.")
        return write(_with_names(exam, result) if names else result, names)

    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    if file == "report.html" and request.query_params.get("view") == "1":
        headers = {"Content-Security-Policy": REPORT_POLICY}
    return Response(await run_sync(text), media_type=kind, headers=headers)


def _with_names(exam: ExamSession, result: Exam) -> Exam:
    """Put the names that the user knows for the numbers under which clips lie here."""
    named = tuple(
        replace(each, clip=replace(each.clip, path=Path(exam.clips[each.number].name)))
        if each.number in exam.clips
        else each
        for each in result.clips
    )
    return replace(result, scored=replace(result.scored, clips=named))


# clips of an exam


async def _add_clip(request: Request) -> Response:
    """Take a clip in; its zone is guessed from its name, its folders and its header."""
    exam = _exam(request)
    name = shown_name(request.headers.get("x-lusscore-name", ""))
    clip = await _state(request).uploads.take(request, exam, name)
    return JSONResponse(clip_view(clip), 201)


async def _change_clip(request: Request) -> Response:
    """Give a clip the zone that a person chose, or none."""
    state = _state(request)
    exam, clip = _clip(request)
    zone = (await _read(request, zone=str))["zone"]
    if zone and zone not in state.uploads.protocol.zone_names:
        raise Refusal(400, f"It is no zone of {state.uploads.protocol.name}.")
    with exam.lock:
        clip.zone, clip.zone_source, clip.zone_warning = zone, "person" if zone else "", ""
        clip.by_person = True
        state.uploads.sort(exam)
    return await _shown(state, exam)


async def _remove_clip(request: Request) -> Response:
    """Remove a clip from its exam and delete it."""
    state = _state(request)
    exam, clip = _clip(request)
    with exam.lock:
        exam.clips.pop(clip.number, None)
        state.uploads.sort(exam)
    # Windows keeps a file that is being read; it goes with the exam's folder
    with suppress(OSError):
        clip.path.unlink()
    return await _shown(state, exam)


async def _show_thumbnail(request: Request) -> Response:
    return Response(_clip(request)[1].thumbnail, media_type="image/jpeg")


async def _show_prediction(request: Request) -> Response:
    return JSONResponse(await run_sync(prediction_view, _prediction(request)))


async def _show_pictures(request: Request) -> Response:
    return Response(pack_pictures(_prediction(request).pictures.jpegs), media_type=_BYTES)


async def _show_maps(request: Request) -> Response:
    """Send the saliency maps of these frames, one per score."""
    return Response(await run_sync(pack_maps, _prediction(request)), media_type=_BYTES)


def _prediction(request: Request) -> ClipPrediction:
    scored = _clip(request)[1].scored
    if scored is None or scored.prediction is None:
        raise Refusal(404, "This clip has no score yet.")
    return scored.prediction


async def _save_upload_label(request: Request) -> Response:
    """Copy an uploaded clip into a cohort with its label."""
    state = _state(request)
    _, clip = _clip(request)
    texts = dict.fromkeys(("cohort", "patient", "exam", "zone", "rater"), str)
    label = await _read(request, score=int, new=bool, **texts)
    cohort, make = label.pop("cohort"), label.pop("new")
    # cached embeddings can then be of use to the next model
    bundle = state.model.bundle
    new = NewCohort(bundle.protocol, bundle.rubric, bundle.extraction)
    work = partial(label_upload, state.cohorts, cohort, clip.path, make=make, new=new, **label)
    return JSONResponse(await run_sync(work))


# cohorts


async def _list_cohorts(request: Request) -> Response:
    return JSONResponse(await run_sync(_state(request).cohorts.overview))


async def _suggest(request: Request) -> Response:
    cohorts = _state(request).cohorts
    count = _number(request, "count", 20, 1, _MOST_SUGGESTED)
    work = partial(suggestions, cohorts, request.path_params["cohort"], count)
    return JSONResponse(await run_sync(work, limiter=cohorts.one_at_a_time))


async def _show_cohort_clip(request: Request) -> Response:
    cohorts = _state(request).cohorts
    first = _number(request, "first", 0, 0, _LAST_FRAME)
    end = _number(request, "last", _LAST_FRAME, 1, _LAST_FRAME)

    def work() -> bytes:
        cohort = cohorts.find(request.path_params["cohort"])
        clip = clip_by_id(cohort, request.query_params.get("clip", ""))
        return pack_pictures(cohort_pictures(cohort.clip_path(clip), first, end))

    return Response(await run_sync(work, limiter=cohorts.one_at_a_time), media_type=_BYTES)


async def _save_queue_label(request: Request) -> Response:
    label = await _read(request, clip=str, score=int, rater=str, zone=str, segment=list)
    frames = label.pop("segment")
    if [type(each) for each in frames] not in ([int, int], [int, type(None)]):
        raise Refusal(400, "The request's segment is not valid.")
    cohorts, name = _state(request).cohorts, request.path_params["cohort"]
    work = partial(label_in_queue, cohorts, name, frames=tuple(frames), **label)
    return JSONResponse(await run_sync(work))


def _number(request: Request, name: str, usual: int, least: int, most: int) -> int:
    text = request.query_params.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and least <= int(text) <= most):
        raise Refusal(400, f"The {name} must be a number from {least} to {most}.")
    return int(text)


# runs


async def _list_runs(request: Request) -> Response:
    return JSONResponse(await run_sync(_state(request).runs.overview))


async def _show_run_report(request: Request) -> Response:
    """Show a run's report, in an origin of its own."""
    names = request.path_params["cohort"], request.path_params["run"]
    path = await run_sync(_state(request).runs.report, *names)
    headers = {"Content-Security-Policy": REPORT_POLICY}
    return FileResponse(path, media_type="text/html", headers=headers)
