"""What all addresses of the page share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request

from lusscore import Exam, Model
from lusscore.errors import LusscoreError
from lusscore.web.cohorts import Cohorts
from lusscore.web.exams import Exams
from lusscore.web.guards import Refusal
from lusscore.web.held import HeldClip, HeldExam
from lusscore.web.jobs import Jobs
from lusscore.web.pages import Pages
from lusscore.web.runs import Runs
from lusscore.web.settings import ServeSettings
from lusscore.web.uploads import Uploads


@dataclass(frozen=True)
class Room:
    """The server's state while it runs; reached as ``request.app.state.room``."""

    settings: ServeSettings
    model: Model
    exams: Exams
    uploads: Uploads
    jobs: Jobs
    cohorts: Cohorts
    runs: Runs
    pages: Pages
    on_bug: Callable[[BaseException], None]


def room_of(request: Request) -> Room:
    """Return the room that a request is answered in."""
    room: Room = request.app.state.room
    return room


def exam_of(request: Request) -> HeldExam:
    """Return the exam that a request's address names, or refuse."""
    return room_of(request).exams.find(request.path_params["exam"])


def clip_of(request: Request) -> tuple[HeldExam, HeldClip]:
    """Return the clip that a request's address names, and its exam, or refuse."""
    exam = exam_of(request)
    clip = exam.clips.get(request.path_params["clip"])
    if clip is None:
        raise Refusal(404, "This clip was taken out of the exam.")
    return exam, clip


def result_of(room: Room, exam: HeldExam) -> Exam | None:
    """Sum an exam up as its zones are now; None before anything was scored.

    What is to be known of the clips as a whole comes first among its notes, so that page, report
    and JSON say it.

    Raises
    ------
    Refusal
        If the scores cannot be summed up.
    """
    with exam.lock:
        clips, notes = exam.scored_clips(), exam.notes
    if not clips:
        return None
    try:
        result = room.model.assemble(exam.name, clips)
    except LusscoreError as error:
        raise Refusal(422, error.without_path()) from None
    return replace(result, scored=replace(result.scored, notes=(*notes, *result.notes)))
