"""An exam while the page has it open."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from lusscore.scoring import DicomTexts, ExamClip, ScoredClip


@dataclass
class HeldClip:
    """A clip that was uploaded.

    Attributes
    ----------
    number
        From 1; never given twice in an exam.
    path
        Where it lies: a number and a suffix of the server's choosing.
    name
        What the browser calls it; to be shown and nothing else.
    size
        In bytes.
    thumbnail
        JPEG of its first frame.
    header
        What its DICOM header says; None for other files.
    zone, zone_source
        As in ExamClip.
    zone_doubt
        Why the guess of the zone should be looked at; empty where nothing speaks against it.
    by_person
        Whether somebody chose the zone, or that there is none.
    scored
        What the scorer says; None before.
    """

    number: int
    path: Path
    name: str
    size: int
    thumbnail: bytes = field(repr=False)
    header: DicomTexts | None = field(default=None, repr=False)
    zone: str = ""
    zone_source: str = ""
    zone_doubt: str = ""
    by_person: bool = False
    scored: ScoredClip | None = None

    def for_scoring(self) -> ExamClip:
        """Return it as the scorer wants it."""
        return ExamClip(self.path, self.zone, self.zone_source)

    def as_scored(self) -> ScoredClip | None:
        """Return what was scored under the clip's number, with the zone that it has now."""
        if self.scored is None:
            return None
        return replace(self.scored, number=self.number, clip=self.for_scoring())


@dataclass
class Progress:
    """How far scoring is: frames, and seconds of the process's clock since it began."""

    done: int = 0
    total: int = 0
    begun: float = field(default_factory=time.monotonic)


@dataclass
class HeldExam:
    """An exam that was opened on the page; its fields are changed under `lock`.

    Attributes
    ----------
    id
        What only the browser that opened it knows.
    folder
        Of its uploads.
    expires
        On the process's clock; every request puts it off.
    left
        Whether the page that showed it was closed, and has not come back.
    name
        What the user calls it.
    clips
        By number.
    notes
        What the user should know of the clips as a whole, as sentences.
    arriving
        Bytes of uploads under way.
    state
        ``"open"``, ``"waiting"`` or ``"scoring"``.
    progress
        Of scoring.
    error
        Why the last scoring failed; empty if it did not.
    stop
        Ends scoring when set.
    closed
        Whether it is gone: what still arrives for it is thrown away.
    """

    id: str
    folder: Path
    expires: float
    left: bool = False
    name: str = ""
    clips: dict[int, HeldClip] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    arriving: int = 0
    last_number: int = 0
    state: str = "open"
    progress: Progress = field(default_factory=Progress)
    error: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    closed: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def bytes(self) -> int:
        """What its clips and the uploads under way take."""
        return self.arriving + sum(clip.size for clip in self.clips.values())

    def scored_clips(self) -> list[ScoredClip]:
        """Return what was scored, in order."""
        found = (self.clips[number].as_scored() for number in sorted(self.clips))
        return [clip for clip in found if clip is not None]
