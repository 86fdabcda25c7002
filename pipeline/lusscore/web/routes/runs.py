"""Runs side by side, and the report of each."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from lusscore.web.guards import REPORT_POLICY
from lusscore.web.room import room_of


async def list_runs(request: Request) -> Response:
    """List all runs."""
    return JSONResponse(await run_in_threadpool(room_of(request).runs.overview))


async def show_run_report(request: Request) -> Response:
    """Show a run's report, in an origin of its own."""
    names = request.path_params["cohort"], request.path_params["run"]
    path = await run_in_threadpool(room_of(request).runs.report, *names)
    headers = {"Content-Security-Policy": REPORT_POLICY}
    return FileResponse(path, media_type="text/html", headers=headers)
