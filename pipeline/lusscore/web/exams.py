"""Exams while they are open on the page: their clips, their scores, and their end."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from lusscore.scoring import DicomTexts, ExamClip, ScoredClip
from lusscore.web.guards import Refusal
from lusscore.web.settings import Limits


@dataclass
class UploadedClip:
    """A clip of an open exam; its `number` is never given twice in the exam."""

    number: int
    path: Path
    name: str  # what the browser calls it; to be shown and nothing else
    size: int
    thumbnail: bytes = field(repr=False)  # JPEG
    header: DicomTexts | None = field(default=None, repr=False)
    zone: str = ""
    zone_source: str = ""
    zone_warning: str = ""
    by_person: bool = False  # somebody chose the zone, or that there is none
    scored: ScoredClip | None = None

    def for_scoring(self) -> ExamClip:
        """Return it as the model takes it."""
        return ExamClip(self.path, self.zone, self.zone_source)


@dataclass
class Progress:
    """How far scoring is: frames, and the process's clock when it began."""

    done: int = 0
    total: int = 0
    begun: float = field(default_factory=time.monotonic)


@dataclass
class ExamSession:
    """An exam that is open on the page; its fields are changed under `lock`."""

    id: str  # only the browser that opened it knows it
    folder: Path
    expires: float  # on the process's clock; every request puts it off
    left: bool = False  # its page was closed, and has not come back
    name: str = ""
    clips: dict[int, UploadedClip] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    arriving: int = 0  # bytes of uploads under way
    last_number: int = 0
    state: str = "open"  # or "waiting", or "scoring"
    progress: Progress = field(default_factory=Progress)
    error: str = ""  # why the last scoring failed
    stop: threading.Event = field(default_factory=threading.Event)
    closed: bool = False  # what still arrives for it is thrown away
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def bytes(self) -> int:
        """What its clips and the uploads under way take."""
        return self.arriving + sum(clip.size for clip in self.clips.values())

    def in_order(self) -> list[UploadedClip]:
        """Return the clips by number."""
        return [self.clips[number] for number in sorted(self.clips)]

    def scored_clips(self) -> list[ScoredClip]:
        """Return what was scored, in order, with the zones that clips have now."""
        return [
            replace(clip.scored, number=clip.number, clip=clip.for_scoring())
            for clip in self.in_order()
            if clip.scored is not None
        ]


class Exams:
    """Opens exams, each with a folder of its own under `folder`, finds them and deletes them."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.limits = limits
        self._exams: dict[str, ExamSession] = {}
        self._lock = threading.Lock()
        self._opened = 0

    def open(self) -> ExamSession:
        """Open an exam; where no more may be open, the one whose page was closed first goes."""
        self.close_idle()
        with self._lock:
            full = len(self._exams) >= self.limits.exams
            left = [exam for exam in self._exams.values() if exam.left]
        if full and left:
            self.close(min(left, key=lambda exam: exam.expires))
        with self._lock:
            if len(self._exams) >= self.limits.exams:
                raise Refusal(
                    429,
                    f"{len(self._exams)} exams are open already; close one, or wait until one "
                    "that nobody looks at is closed.",
                )
            self._opened += 1
            folder = self.folder / f"exam-{self._opened}"
            folder.mkdir(mode=0o700)
            expires = time.monotonic() + self.limits.idle
            exam = ExamSession(secrets.token_urlsafe(18), folder, expires)
            self._exams[exam.id] = exam
        return exam

    def find(self, exam_id: str) -> ExamSession:
        """Return an open exam and put off its end."""
        with self._lock:
            exam = self._exams.get(exam_id)
        if exam is None:
            raise Refusal(404, "This exam is closed, and its clips are deleted; begin anew.")
        exam.expires, exam.left = time.monotonic() + self.limits.idle, False
        return exam

    def leave(self, exam: ExamSession) -> None:
        """Note that the page was closed: if it does not come back the exam goes."""
        exam.expires, exam.left = time.monotonic() + self.limits.left, True

    def bytes(self) -> int:
        """Return what all exams take."""
        with self._lock:
            return sum(exam.bytes for exam in self._exams.values())

    def close(self, exam: ExamSession) -> None:
        """Stop what goes on in an exam and delete its clips."""
        with self._lock:
            self._exams.pop(exam.id, None)
        exam.closed = True
        exam.stop.set()
        with exam.lock:
            exam.clips.clear()
        shutil.rmtree(exam.folder, ignore_errors=True)

    def close_idle(self) -> None:
        """Close exams that nobody has asked for in a while."""
        now = time.monotonic()
        with self._lock:
            # an upload that takes longer than that is not idle
            exams = self._exams.values()
            idle = [exam for exam in exams if exam.expires < now and not exam.arriving]
        for exam in idle:
            self.close(exam)

    def close_all(self) -> None:
        """Close every exam."""
        with self._lock:
            exams = list(self._exams.values())
        for exam in exams:
            self.close(exam)
