"""The pages themselves."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from lusscore.web.room import room_of


async def show_exam_page(request: Request) -> Response:
    """Show the page on which an exam is scored."""
    return room_of(request).pages.render("exam")


async def show_queue_page(request: Request) -> Response:
    """Show the page on which clips of a cohort are labelled."""
    return room_of(request).pages.render("queue")


async def show_runs_page(request: Request) -> Response:
    """Show the page on which runs stand side by side."""
    return room_of(request).pages.render("runs")
