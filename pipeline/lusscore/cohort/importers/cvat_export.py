"""CVAT's XML: the tasks of an export, the frames of each, and what persons marked on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from lusscore.cohort.importers.registry import Import
from lusscore.errors import CohortError

_NUMBER = re.compile(r"\d{1,9}")
_STEP = re.compile(r"step\s*=\s*(\d{1,9})")
_EXPORT_AGAIN = "export the task again as 'CVAT for images 1.1' or 'CVAT for video 1.1'"


@dataclass(frozen=True)
class Mark:
    """One tag or shape on a frame."""

    label: str
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class MarkedFrame:
    """One frame: its number in the source video, or the name of the image; and its marks."""

    number: int
    image: str
    marks: Sequence[Mark]


@dataclass(frozen=True)
class CvatTask:
    """One task of an export.

    Its name is empty for a single job, its video for a job and for a task of images. The assignee
    is a user name; the e-mail address is not read. The offset was added to the video's frame
    numbers in the export of a project. Of videos only frames with marks are here.
    """

    identity: str
    name: str
    video: str
    assignee: str
    offset: int
    frames: list[MarkedFrame] = field(default_factory=list)

    @property
    def where(self) -> str:
        """The place in the export, as a person would look for it."""
        return f"task {self.identity or self.name}"


def read_export(path: Path, job: Import) -> tuple[list[CvatTask], int]:
    """Read an XML file: its tasks, and how many marks of models nobody changed and are left out.

    Raises CohortError if it cannot be read, is not XML, declares a document type or is not CVAT's.
    """
    root = _read_xml(path, job)
    tasks = _read_tasks(root, job)
    by_number = {task.identity: task for task in tasks}
    for number, frame in _read_frames(root, job):
        task = tasks[0] if len(tasks) == 1 else by_number.get(number)
        if task is not None:
            task.frames.append(frame)
        elif tasks:
            job.problem(path.name, f"has frames of task {number!r}, which <meta> does not name")
    by_models = sum(not _by_person(shape) for shape in root.iterfind("image/*"))
    by_models += sum(
        shape.get("outside") != "1" and not _by_person(track, shape)
        for track in root.iterfind("track")
        for shape in track
    )
    return tasks, by_models


class _SafeBuilder(ElementTree.TreeBuilder):
    """Refuses document types, so that no entity expands and nothing is fetched."""

    def doctype(self, *_: object) -> NoReturn:
        raise CohortError(
            "it declares a document type, which CVAT never writes and which is not read for safety",
            advice=_EXPORT_AGAIN,
        )


def _read_xml(path: Path, job: Import) -> Element:
    try:
        root = ElementTree.XML(job.read(path), ElementTree.XMLParser(target=_SafeBuilder()))
        if root.tag != "annotations":
            raise CohortError(f"it holds <{root.tag}>, not <annotations>", advice=_EXPORT_AGAIN)
    except CohortError as error:
        error.path = path
        raise
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise CohortError(
            f"it is not complete XML ({error})", advice=_EXPORT_AGAIN, path=path
        ) from None
    return root


def _read_tasks(root: Element, job: Import) -> list[CvatTask]:
    """Read ``<meta>``: the one task or job of an export, or the tasks of a project."""
    meta = root.find("meta")
    if meta is None:
        job.problem("<meta>", "is missing; expected what CVAT writes of the task")
        return []
    in_project = meta.findall("project/tasks/task")
    found = [*meta.findall("task"), *meta.findall("job"), *in_project]
    if not found:
        job.problem("<meta>", "names no <task>, <job> or <project>; expected one")
    offsets = _offsets(found) if in_project else [0] * len(found)
    # exports of before 2022 name the video beside the task and not in it
    beside = _text(meta, "source")
    return [
        CvatTask(
            identity=_text(task, "id"),
            name=_text(task, "name"),
            video=_text(task, "source") or beside,
            assignee=_text(task, "assignee/username"),
            offset=offset,
        )
        for task, offset in zip(found, offsets, strict=True)
    ]


def _offsets(tasks: Sequence[Element]) -> Iterator[int]:
    """Yield what a project's export adds to each task's frame numbers.

    CVAT counts the frames of the tasks of one subset on and on, in the order in which it lists
    them, so that no two frames of a subset have the same number.
    """
    subset, total = "", 0
    for task in tasks:
        if _text(task, "subset") != subset:
            subset, total = _text(task, "subset"), 0
        yield total
        step = _STEP.search(_text(task, "frame_filter"))
        start, size = (
            int(text) if _NUMBER.fullmatch(text := _text(task, place)) else 0
            for place in ("start_frame", "size")
        )
        total += start + size * int(step[1] if step else 1)


def _text(element: Element, place: str) -> str:
    return (element.findtext(place) or "").strip()


def _read_frames(root: Element, job: Import) -> Iterator[tuple[str, MarkedFrame]]:
    """Yield the frames of ``<image>`` and ``<track>``, each with the number of its task."""
    for image in root.iterfind("image"):
        number = _number(image, "id", job)
        if number is not None:
            marks = [_mark(shape, shape) for shape in image if _by_person(shape)]
            yield image.get("task_id", ""), MarkedFrame(number, image.get("name", ""), marks)
    tracked: dict[tuple[str, int], MarkedFrame] = {}
    for track in root.iterfind("track"):
        for shape in track:
            if shape.get("outside") != "1" and _by_person(track, shape):
                number = _number(shape, "frame", job)
                if number is not None:
                    key = (track.get("task_id", ""), number)
                    known = tracked.get(key, MarkedFrame(number, "", ()))
                    marks = [*known.marks, _mark(track, shape)]
                    tracked[key] = MarkedFrame(number, "", marks)
    for (task, _), frame in tracked.items():
        yield task, frame


def _mark(labelled: Element, shape: Element) -> Mark:
    attributes = {
        attribute.get("name", ""): (attribute.text or "").strip()
        for attribute in shape.iterfind("attribute")
    }
    return Mark(labelled.get("label", "").strip(), attributes)


def _by_person(*elements: Element) -> bool:
    return all(element.get("source") != "auto" for element in elements)


def _number(element: Element, name: str, job: Import) -> int | None:
    text = element.get(name, "")
    if _NUMBER.fullmatch(text):
        return int(text)
    job.problem(f"<{element.tag}>", f"has {name}={text!r}; expected a frame number from 0")
    return None
