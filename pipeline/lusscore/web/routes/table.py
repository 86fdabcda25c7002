"""All addresses."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from lusscore.web.routes import clips, cohorts, documents, exams, pages, runs

STATIC = Path(__file__).parent.parent / "static"

# what an operating system thinks of a suffix must not decide whether browsers run the scripts
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class _Static(StaticFiles):
    """The page's own files, each of the kind that it is."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kind = _KINDS.get(Path(path).suffix)
        if kind is not None:
            response.headers["Content-Type"] = f"{kind}; charset=utf-8"
        return response


def routes() -> list[BaseRoute]:
    """Return the addresses and what answers at each."""
    exam, clip = "/api/exams/{exam}", "/api/exams/{exam}/clips/{clip:int}"
    return [
        Route("/", pages.show_exam_page),
        Route("/queue", pages.show_queue_page),
        Route("/runs", pages.show_runs_page),
        Mount("/static", _Static(directory=STATIC)),
        Route("/api/exams", exams.open_exam, methods=["POST"]),
        Route(exam, exams.show_exam, methods=["GET"]),
        Route(exam, exams.name_exam, methods=["PATCH"]),
        Route(exam, exams.close_exam, methods=["DELETE"]),
        Route(f"{exam}/leave", exams.leave_exam, methods=["POST"]),
        Route(f"{exam}/score", exams.score_exam, methods=["POST"]),
        Route(f"{exam}/stop", exams.stop_exam, methods=["POST"]),
        Route(f"{exam}/clips", clips.add_clip, methods=["POST"]),
        Route(clip, clips.change_clip, methods=["PATCH"]),
        Route(clip, clips.remove_clip, methods=["DELETE"]),
        Route(f"{clip}/thumbnail", clips.show_thumbnail),
        Route(f"{clip}/reading", clips.show_reading),
        Route(f"{clip}/pictures", clips.show_pictures),
        Route(f"{clip}/maps", clips.show_maps),
        Route(f"{clip}/label", cohorts.save_upload_label, methods=["POST"]),
        Route("/api/cohorts", cohorts.list_cohorts),
        Route("/api/cohorts/{cohort}/suggestions", cohorts.suggest),
        Route("/api/cohorts/{cohort}/pictures", cohorts.show_clip),
        Route("/api/cohorts/{cohort}/labels", cohorts.save_queue_label, methods=["POST"]),
        Route("/api/runs", runs.list_runs),
        Route("/runs/{cohort}/{run}/report.html", runs.show_run_report),
        Route(f"{exam}/{{document}}", documents.show_document),
    ]
