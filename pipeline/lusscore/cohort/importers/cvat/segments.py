"""Segments of the frames that were scored in CVAT."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.cohort.importers.cvat.clips import CvatClip
from lusscore.cohort.importers.cvat.runs import runs_of
from lusscore.cohort.importers.cvat.scores import ScoreSource
from lusscore.cohort.importers.reading.clip_owner import Owner
from lusscore.cohort.importers.reading.clip_times import frame_count
from lusscore.cohort.segments import Segment
from lusscore.errors import ClipError, Problem


def segments_of(
    clip: CvatClip, owner: Owner, source: ScoreSource, rater: str, problems: list[Problem]
) -> Iterator[Segment]:
    """Yield one clip's segments: of equal scores, or one without a score if no frame has any.

    An image is a clip of one frame, and its segment is the whole clip.

    Parameters
    ----------
    clip, owner
        The clip and whose it is.
    source
        Where on a mark the score stands.
    rater
        Who scored it; empty when unknown.
    problems
        Grows by frames with two scores, with what is no score, or beyond the clip's end.
    """
    scores = _scores(clip, source, problems)
    runs: list[tuple[int, int | None, int | None]] = [*runs_of(scores)]
    if clip.path.is_file() and not clip.task.video:
        runs = [(0, None, score) for _, _, score in runs]
    elif scores:
        _check_length(clip, max(scores), problems)
    for start, end, score in runs or [(0, None, None)]:
        yield Segment(
            clip.path.as_posix(),
            owner.patient,
            owner.exam,
            owner.zone,
            score,
            start,
            end,
            owner.group,
            owner.device,
            rater if score is not None else "",
        )


def _scores(clip: CvatClip, source: ScoreSource, problems: list[Problem]) -> dict[int, int]:
    scores: dict[int, int] = {}
    for number, frame in clip.frames.items():
        place = f"{clip.where}, frame {number}"
        told: dict[int, None] = {}
        for mark in frame.marks:
            try:
                score = source.read(mark)
            except ValueError as error:
                problems.append(Problem(place, str(error)))
                continue
            if score is not None:
                told[score] = None
        if len(told) > 1:
            said = " and ".join(map(str, sorted(told)))
            problems.append(Problem(place, f"has the scores {said}; expected one for the frame"))
        for score in told:
            scores[number] = score
    return scores


def _check_length(clip: CvatClip, last: int, problems: list[Problem]) -> None:
    """Note a score beyond the clip's end; a clip that cannot be read is told of later."""
    try:
        count = frame_count(clip.path)
    except ClipError:
        return
    if last >= count or min(clip.frames) < 0:
        problems.append(
            Problem(
                clip.where,
                f"frame {last} is scored, but the clip has {count} frames, from 0; expected the "
                "same video as in CVAT",
            )
        )
