"""One thread scores exams, one after the other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from lusscore import Model
from lusscore.errors import LusscoreError
from lusscore.web.exams import ExamSession, Progress
from lusscore.web.guards import BUG, Refusal


class Jobs:
    """A queue of exams for one model, which the thread alone uses and closes."""

    def __init__(self, model: Model, on_bug: Callable[[BaseException], None]) -> None:
        self._model = model
        self._on_bug = on_bug
        self._queue: queue.Queue[ExamSession | None] = queue.Queue()
        self._current: ExamSession | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="scorer", daemon=True)
        self._thread.start()

    def submit(self, exam: ExamSession) -> None:
        """Have all clips of `exam` scored: some heads look at an exam as a whole."""
        with exam.lock:
            if exam.state != "open":
                raise Refusal(409, "The exam is being scored.")
            if all(clip.scored is not None for clip in exam.clips.values()):
                raise Refusal(409, "All clips are scored already; add one.")
            exam.state, exam.error = "waiting", ""
            exam.stop.clear()
            exam.progress = Progress()
        self._queue.put(exam)

    def stop(self, exam: ExamSession) -> None:
        """Stop scoring an exam, or take it out of the queue."""
        exam.stop.set()
        with exam.lock:
            if exam.state == "waiting":
                exam.state = "open"

    def end(self, seconds: float = 5.0) -> None:
        """Stop what is being scored and end the thread."""
        self._ended = True
        current = self._current
        if current is not None:
            current.stop.set()
        self._queue.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (exam := self._queue.get()) is not None and not self._ended:
            self._current = exam
            try:
                # one that was stopped and submitted anew stands in the queue twice
                if exam.state == "waiting" and not exam.closed:
                    self._score(exam)
            except LusscoreError as error:
                exam.error = "" if exam.stop.is_set() else error.without_path()
            except Exception as error:
                self._on_bug(error)
                exam.error = BUG
            finally:
                self._current = None
                exam.state = "open"
        self._model.close()

    def _score(self, exam: ExamSession) -> None:
        with exam.lock:
            if exam.stop.is_set():
                return
            wanted = exam.in_order()
            exam.progress = Progress()
            exam.state = "scoring"

        def note(done: int, total: int) -> None:
            exam.progress.done, exam.progress.total = done, total

        scored = self._model.score(
            [clip.for_scoring() for clip in wanted], name=exam.name, progress=note, stop=exam.stop
        )
        with exam.lock:
            if exam.stop.is_set():
                return
            for clip, result in zip(wanted, scored.clips, strict=True):
                clip.scored = result
