"""What a Label Studio export tells, whatever its format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count

_IDENTITY = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Told:
    """What one annotator said with one control.

    Attributes
    ----------
    control
        The control's name, ``from_name`` in an export.
    words
        The choices made, or the number given, as text.
    ranges
        Frames of which it was said, first and last, counted from 1.
    seconds
        Time of which it was said, from and up to; None when there is none. Without `ranges` and
        `seconds` it was said of the whole clip.
    """

    control: str
    words: tuple[str, ...]
    ranges: tuple[tuple[int, int], ...] = ()
    seconds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Opinion:
    """One annotation of a task.

    Attributes
    ----------
    annotator
        Number or e-mail address of who made it, as the export has it; empty when unknown.
    when
        When it was last changed, as text that sorts by time.
    told
        What was said.
    """

    annotator: str
    when: str
    told: tuple[Told, ...]


@dataclass(frozen=True)
class LabelTask:
    """One task: a clip, and what each annotator said of it.

    Attributes
    ----------
    where
        Its place in the export, e.g. ``"task 12"``.
    data
        The fields it was made with, as text.
    opinions
        Cancelled annotations and predictions are not among them.
    """

    where: str
    data: Mapping[str, str]
    opinions: tuple[Opinion, ...]

    def values(self, name: str) -> tuple[str, ...]:
        """Return what is told under `name`: by the task's data, else by annotators; each once."""
        if self.data.get(name):
            return (self.data[name],)
        said = (
            " ".join(told.words)
            for opinion in latest_opinions(self.opinions)
            for told in opinion.told
            if told.control == name and told.words
        )
        return tuple(dict.fromkeys(said))


def latest_opinions(opinions: Iterable[Opinion]) -> tuple[Opinion, ...]:
    """Leave out what an annotator said of a clip before saying it anew."""
    latest: dict[object, Opinion] = {}
    for number, opinion in enumerate(sorted(opinions, key=lambda opinion: opinion.when)):
        # annotations of unknown annotators may be of different people
        latest[opinion.annotator or number] = opinion
    return tuple(latest.values())


def name_raters(annotators: Iterable[str]) -> dict[str, str]:
    """Give every annotator a name that tells nobody's e-mail address.

    Who has a number keeps it: ``annotator 7``. The others get the numbers that are left, in order
    of appearance.
    """
    everyone = [who for who in dict.fromkeys(annotators) if who]
    names = {who: f"annotator {int(who)}" for who in everyone if _IDENTITY.fullmatch(who)}
    taken = set(names.values())
    free = (name for number in count(1) if (name := f"annotator {number}") not in taken)
    return {who: names.get(who) or next(free) for who in everyone} | {"": ""}
