"""Segments of what Label Studio's annotators said."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from lusscore.cohort.importers.label_studio.frames import frames_told
from lusscore.cohort.importers.label_studio.tasks import LabelTask, Opinion, latest_opinions
from lusscore.cohort.importers.label_studio.words import score_of
from lusscore.cohort.importers.reading.clip_owner import Owner
from lusscore.cohort.segments import Segment
from lusscore.errors import ClipError, Problem

_Scored = tuple[int, int | None, int]


@dataclass
class SpanMaker:
    """Makes segments of tasks, and gathers what is wrong or left out.

    Attributes
    ----------
    control
        The control that holds the score; None when there is none.
    raters
        The name of each annotator.
    rate
        What ``--column fps=`` says: a number, or the field that holds it; None when nothing.
    trusted_ranges
        Whether ranges were taken for the clip's own frames, since no rate was told.
    problems, ignored
        What is wrong; what was not understood.
    """

    control: str | None
    raters: dict[str, str]
    rate: str | None
    trusted_ranges: bool = False
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def segments(self, task: LabelTask, path: Path, owner: Owner) -> Iterator[Segment]:
        """Yield the segments of one task; one without a score if nobody gave any."""
        rate = self._rate(task)
        unlabelled = Segment(
            clip=path.as_posix(),
            patient=owner.patient,
            exam=owner.exam,
            zone=owner.zone,
            score=None,
            group=owner.group,
            device=owner.device,
        )
        told = [
            _labelled(unlabelled, scored, self.raters[opinion.annotator])
            for opinion in latest_opinions(task.opinions)
            for scored in self._scored(opinion, task.where, path, rate)
        ]
        yield from told or [unlabelled]

    def _rate(self, task: LabelTask) -> float | None:
        if self.rate is None:
            return None
        text = next(iter(task.values(self.rate)), self.rate)
        try:
            rate = float(text)
        except ValueError:
            rate = math.nan
        if 0 < rate < math.inf:
            return rate
        self._note(task.where, f"{text!r} is no number of frames per second for --column fps")
        return None

    def _scored(
        self, opinion: Opinion, where: str, path: Path, rate: float | None
    ) -> list[_Scored]:
        """Return from which frame to which one annotator gave which score."""
        scored: list[_Scored] = []
        for told in opinion.told:
            if told.control != self.control:
                continue
            if len(told.words) > 1:
                said = " and ".join(told.words)
                self._note(f"{where}, {told.control}", f"says {said}; expected one score")
                continue
            try:
                score = score_of("".join(told.words))
                if score is None:
                    said = "".join(told.words) or "without a value"
                    self.ignored.append(f"{where}: {told.control} {said}")
                    continue
                scored += [(start, end, score) for start, end in frames_told(path, told, rate)]
                self.trusted_ranges |= bool(told.ranges) and rate is None
            except (ValueError, ClipError) as error:
                self._note(f"{where}, {told.control}", str(error))
        return _part(scored)

    def _note(self, where: str, what: str) -> None:
        self.problems.append(Problem(where, what))


def _labelled(segment: Segment, scored: _Scored, rater: str) -> Segment:
    start, end, score = scored
    return replace(segment, score=score, frame_start=start, frame_end=end, rater=rater)


def _part(scored: list[_Scored]) -> list[_Scored]:
    """Give a frame in which one range ends and the next begins to the next alone.

    Ranges that are drawn one after the other share it, since both their ends count.
    """
    ordered = sorted(scored, key=lambda one: one[0])
    parted = [
        (start, following if end is not None and end - 1 == following > start else end, score)
        for (start, end, score), (following, _, _) in pairwise(ordered)
    ]
    return [*parted, *ordered[-1:]]
