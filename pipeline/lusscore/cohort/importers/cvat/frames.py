"""The frames of a CVAT export and what is marked in each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from lusscore.errors import Problem

_NUMBER = re.compile(r"\d{1,9}")


@dataclass(frozen=True)
class Mark:
    """One tag or shape on a frame: its label, and its attributes by name."""

    label: str
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class MarkedFrame:
    """One frame of an export.

    Attributes
    ----------
    task
        Number of its task; empty where the export is of one task only.
    number
        Frame number as CVAT writes it: that of the source video, whatever part and step of it
        the task shows.
    image
        Name of the image; empty in an export for video.
    marks
        What persons marked on it.
    """

    task: str
    number: int
    image: str
    marks: tuple[Mark, ...]


@dataclass
class FrameReader:
    """Reads the frames of an export.

    Attributes
    ----------
    problems
        What is not as CVAT writes it.
    by_models
        How many marks were left out because a model made them and nobody changed them.
    """

    problems: list[Problem]
    by_models: int = 0

    def read(self, root: Element) -> list[MarkedFrame]:
        """Read ``<image>`` and ``<track>``: all images, but of videos only frames with marks."""
        frames = [
            MarkedFrame(
                image.get("task_id", ""),
                number,
                image.get("name", ""),
                tuple(self._mark(item, item) for item in image if self._by_person(item, item)),
            )
            for image in root.iterfind("image")
            if (number := self._number(image, "id")) is not None
        ]
        tracked: dict[tuple[str, int], list[Mark]] = {}
        for track in root.iterfind("track"):
            for number, mark in self._track(track):
                tracked.setdefault((track.get("task_id", ""), number), []).append(mark)
        return frames + [
            MarkedFrame(task, number, "", tuple(marks)) for (task, number), marks in tracked.items()
        ]

    def _track(self, track: Element) -> Iterator[tuple[int, Mark]]:
        for shape in track:
            if shape.get("outside") != "1" and self._by_person(track, shape):
                number = self._number(shape, "frame")
                if number is not None:
                    yield number, self._mark(track, shape)

    def _mark(self, labelled: Element, marked: Element) -> Mark:
        attributes = {
            attribute.get("name", ""): (attribute.text or "").strip()
            for attribute in marked.iterfind("attribute")
        }
        return Mark(labelled.get("label", "").strip(), attributes)

    def _by_person(self, *elements: Element) -> bool:
        by_model = any(element.get("source") == "auto" for element in elements)
        self.by_models += by_model
        return not by_model

    def _number(self, element: Element, name: str) -> int | None:
        text = element.get(name, "")
        if _NUMBER.fullmatch(text):
            return int(text)
        self.problems.append(
            Problem(f"<{element.tag}>", f"has {name}={text!r}; expected a frame number from 0")
        )
        return None
