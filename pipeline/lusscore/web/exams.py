"""All exams that are open, and their end."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from pathlib import Path

from lusscore.web.guards import Refusal
from lusscore.web.held import HeldExam
from lusscore.web.limits import Limits


class Exams:
    """Opens exams, finds them and deletes them.

    Parameters
    ----------
    folder
        Under which every exam has a folder of its own.
    limits
        How many, how large, how long.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.limits = limits
        self._exams: dict[str, HeldExam] = {}
        self._lock = threading.Lock()
        self._opened = 0

    def open(self) -> HeldExam:
        """Open an exam.

        Raises
        ------
        Refusal
            If as many are open as may be.
        """
        self.close_idle()
        self._make_room()
        with self._lock:
            if len(self._exams) >= self.limits.exams:
                raise Refusal(
                    429,
                    f"{len(self._exams)} exams are open, and more are not held at once; close one, "
                    "or wait until one that nobody looks at is closed.",
                )
            self._opened += 1
            folder = self.folder / f"exam-{self._opened}"
            folder.mkdir(mode=0o700)
            exam = HeldExam(secrets.token_urlsafe(18), folder, self._later(self.limits.idle))
            self._exams[exam.id] = exam
        return exam

    def find(self, exam_id: str) -> HeldExam:
        """Return an open exam and put off its end.

        Raises
        ------
        Refusal
            If it is not open, or no longer.
        """
        with self._lock:
            exam = self._exams.get(exam_id)
        if exam is None:
            raise Refusal(404, "This exam is closed, and its clips are deleted; begin anew.")
        exam.expires, exam.left = self._later(self.limits.idle), False
        return exam

    def leave(self, exam: HeldExam) -> None:
        """Note that the page was closed: if it does not come back the exam goes."""
        exam.expires, exam.left = self._later(self.limits.left), True

    def bytes(self) -> int:
        """Return what all exams take."""
        with self._lock:
            return sum(exam.bytes for exam in self._exams.values())

    def close(self, exam: HeldExam) -> None:
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

    def _make_room(self) -> None:
        """Close the exam whose page was closed first, where no more may be open."""
        with self._lock:
            full = len(self._exams) >= self.limits.exams
            left = [exam for exam in self._exams.values() if exam.left]
        if full and left:
            self.close(min(left, key=lambda exam: exam.expires))

    def close_all(self) -> None:
        """Close every exam."""
        with self._lock:
            exams = list(self._exams.values())
        for exam in exams:
            self.close(exam)

    def _later(self, seconds: float) -> float:
        return time.monotonic() + seconds
