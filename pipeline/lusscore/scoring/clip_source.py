"""An exam's clips, looked through and decoded ahead of the networks."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import ExtractionSettings
from lusscore.features import (
    Chunk,
    ClipEnd,
    PlannedClip,
    inspect_clip,
    plan_clip,
    stream_clips,
)
from lusscore.scoring.scored import ExamClip
from lusscore.sector import Sector

_Size = tuple[int, int]


@dataclass
class ClipFrames:
    """One clip as it comes in; `chunks` are taken out as they are used.

    Attributes
    ----------
    number
        From 1.
    digest
        SHA-256 of its media bytes; empty if they could not be read.
    frames
        Numbers of the frames that are scored, int64.
    sector
        Where it shows tissue; None if it cannot be read.
    error
        Why it cannot be scored, once that is known.
    """

    number: int
    digest: str = ""
    frames: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    sector: Sector | None = None
    error: str = ""


def stream_exam(
    clips: Sequence[ExamClip],
    extraction: ExtractionSettings,
    sizes: Sequence[_Size],
    frames_per_chunk: int,
) -> Generator[tuple[ClipFrames, Chunk | None], None, None]:
    """Yield the chunks of every clip, and after its last one (or instead) the clip with None.

    A thread looks each clip through and decodes it while the caller is busy with those before.
    The same recording given twice is read once: its second clip gets an error.

    Parameters
    ----------
    clips
        In the order of their numbers.
    extraction
        As the scorer was trained.
    sizes
        Input sizes of its networks.
    frames_per_chunk
        Most frames in a chunk.
    """
    waiting: deque[ClipFrames] = deque()
    seen: dict[str, int] = {}

    def plan() -> Iterator[tuple[PlannedClip, Path, Sequence[_Size]]]:
        for number, clip in enumerate(clips, 1):
            found = _look(number, clip, extraction)
            if not found[0].error and found[0].digest in seen:
                found[0].error = f"The clip is the same recording as clip {seen[found[0].digest]}."
            waiting.append(found[0])
            if found[0].error:
                continue
            seen[found[0].digest] = number
            yield found[1], clip.path, sizes

    stream = stream_clips(plan(), extraction, frames_per_chunk, shown=True)
    with closing(stream):
        for item in stream:
            while waiting[0].error:
                yield waiting.popleft(), None
            if isinstance(item, ClipEnd):
                ended = waiting.popleft()
                ended.error = item.error
                yield ended, None
            else:
                yield waiting[0], item
    while waiting:
        yield waiting.popleft(), None


def _look(
    number: int, clip: ExamClip, extraction: ExtractionSettings
) -> tuple[ClipFrames, PlannedClip]:
    """Read a clip from end to end and choose its frames."""
    media = inspect_clip(clip.path.name, clip.path)
    planned = plan_clip(media, extraction)
    found = ClipFrames(number, media.digest, planned.frames, planned.sector, media.error)
    if not media.error and not len(planned.frames):
        found = replace(found, error="The clip has no frame to score.")
    return found, planned
