"""The tasks that a CVAT export is of: which clip each shows and who was assigned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from lusscore.errors import Problem

_STEP = re.compile(r"step\s*=\s*(\d{1,9})")
_NUMBER = re.compile(r"\d{1,9}")


@dataclass(frozen=True)
class CvatTask:
    """One task of an export.

    Attributes
    ----------
    identity
        Its number in CVAT, as text.
    name
        Its name; empty in the export of a single job.
    video
        File name of the video it shows; empty for a task of images and for a job.
    assignee
        User name of who was assigned; empty when nobody was. The e-mail address is not read.
    offset
        What was added to the video's frame numbers: 0, except in the export of a project.
    """

    identity: str
    name: str
    video: str
    assignee: str
    offset: int = 0

    @property
    def where(self) -> str:
        """The place in the export, as a person would look for it."""
        return f"task {self.identity or self.name}"


def read_tasks(root: Element, problems: list[Problem]) -> tuple[CvatTask, ...]:
    """Read ``<meta>``: the one task or job of an export, or the tasks of a project."""
    meta = root.find("meta")
    if meta is None:
        problems.append(Problem("<meta>", "is missing; expected what CVAT writes of the task"))
        return ()
    found = [
        element
        for place in ("task", "job", "project/tasks/task")
        for element in meta.findall(place)
    ]
    if not found:
        problems.append(Problem("<meta>", "names no <task>, <job> or <project>; expected one"))
    offsets = _offsets(found) if meta.find("project") is not None else (0 for _ in found)
    # exports of before 2022 name the video beside the task and not in it
    beside = text_of(meta, "source")
    return tuple(
        CvatTask(
            identity=text_of(task, "id"),
            name=text_of(task, "name"),
            video=text_of(task, "source") or beside,
            assignee=text_of(task, "assignee/username"),
            offset=offset,
        )
        for task, offset in zip(found, offsets, strict=True)
    )


def text_of(element: Element, place: str) -> str:
    """Return the stripped text at `place`; empty when there is none."""
    return (element.findtext(place) or "").strip()


def _offsets(tasks: Sequence[Element]) -> Iterator[int]:
    """Yield what a project's export adds to each task's frame numbers.

    CVAT counts the frames of the tasks of one subset on and on, in the order in which it lists
    them, so that no two frames of a subset have the same number.
    """
    subset, total = "", 0
    for task in tasks:
        if text_of(task, "subset") != subset:
            subset, total = text_of(task, "subset"), 0
        yield total
        step = _STEP.search(text_of(task, "frame_filter"))
        total += _number(task, "start_frame") + _number(task, "size") * int(step[1] if step else 1)


def _number(element: Element, place: str) -> int:
    text = text_of(element, place)
    return int(text) if _NUMBER.fullmatch(text) else 0


def name_assignees(tasks: Iterable[CvatTask]) -> dict[str, str]:
    """Give every assignee a name as a rater: the user name, or a number if that is an address."""
    users = dict.fromkeys(task.assignee for task in tasks)
    addresses = [user for user in users if "@" in user]
    numbers = {user: f"annotator {number}" for number, user in enumerate(addresses, 1)}
    return {user: numbers.get(user, user) for user in users}
