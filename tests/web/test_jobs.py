"""The queue before the scorer, with a real scorer whose start a test can hold back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lusscore import Exam, Model
from lusscore.models import Bundle
from lusscore.scoring import ExamClip
from lusscore.web.guards import Refusal
from lusscore.web.held import HeldClip, HeldExam
from lusscore.web.jobs import Jobs


class Gate(Model):
    """Waits before it scores, and counts."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle, threads=1)
        self.open = threading.Event()
        self.names: list[str] = []
        self.closed = False
        self.broken = False

    def score(
        self,
        clips: Sequence[ExamClip],
        *,
        name: str,
        progress: Callable[[int, int], None],
        stop: threading.Event,
    ) -> Exam:
        self.names.append(name)
        while not self.open.wait(0.01) and not stop.is_set():
            pass
        if self.broken:
            raise ZeroDivisionError
        return super().score(clips, name=name, progress=progress, stop=stop)

    def close(self) -> None:
        super().close()
        self.closed = True


@pytest.fixture
def gate(bundle: Bundle) -> Gate:
    return Gate(bundle)


@pytest.fixture
def bugs() -> list[BaseException]:
    return []


@pytest.fixture
def jobs(gate: Gate, bugs: list[BaseException]) -> Iterator[Jobs]:
    jobs = Jobs(gate, bugs.append)
    yield jobs
    gate.open.set()
    jobs.end()


@pytest.fixture
def make_exam(tmp_path: Path, clip: bytes) -> Callable[[str], HeldExam]:
    def make(name: str) -> HeldExam:
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "0001.mp4"
        path.write_bytes(clip)
        held = HeldClip(1, path, "R1.mp4", len(clip), b"", zone="R1")
        return HeldExam(name, folder, 0.0, name=name, clips={1: held})

    return make


def wait(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("waited too long")


def test_exams_are_scored_one_after_the_other(
    jobs: Jobs, gate: Gate, make_exam: Callable[[str], HeldExam]
) -> None:
    first, second = make_exam("first"), make_exam("second")
    jobs.submit(first)
    jobs.submit(second)
    wait(lambda: first.state == "scoring")
    assert second.state == "waiting"
    assert gate.names == ["first"]
    gate.open.set()
    wait(lambda: second.state == "open")
    for exam in (first, second):
        assert exam.clips[1].scored is not None
        assert exam.progress.done == exam.progress.total == 6


def test_what_is_being_scored_is_not_submitted_again(
    jobs: Jobs, make_exam: Callable[[str], HeldExam]
) -> None:
    exam = make_exam("first")
    jobs.submit(exam)
    with pytest.raises(Refusal, match="being scored"):
        jobs.submit(exam)


def test_stopping_what_is_scored_leaves_the_next_its_turn(
    jobs: Jobs, gate: Gate, make_exam: Callable[[str], HeldExam]
) -> None:
    first, second = make_exam("first"), make_exam("second")
    jobs.submit(first)
    jobs.submit(second)
    wait(lambda: first.state == "scoring")
    jobs.stop(first)
    gate.open.set()
    wait(lambda: second.clips[1].scored is not None)
    assert (first.state, first.error) == ("open", "")
    assert first.clips[1].scored is None
    jobs.submit(first)
    wait(lambda: first.clips[1].scored is not None)


def test_one_that_waits_can_be_stopped_and_submitted_anew_and_is_scored_once(
    jobs: Jobs, gate: Gate, make_exam: Callable[[str], HeldExam]
) -> None:
    first, second = make_exam("first"), make_exam("second")
    jobs.submit(first)
    jobs.submit(second)
    jobs.stop(second)
    assert second.state == "open"
    jobs.submit(second)
    gate.open.set()
    wait(lambda: second.clips[1].scored is not None and second.state == "open")
    jobs.end()
    assert gate.names == ["first", "second"]


def test_an_exam_that_was_closed_while_it_waited_is_passed_over(
    jobs: Jobs, gate: Gate, make_exam: Callable[[str], HeldExam]
) -> None:
    first, second = make_exam("first"), make_exam("second")
    jobs.submit(first)
    jobs.submit(second)
    second.closed = True
    gate.open.set()
    wait(lambda: second.state == "open")
    assert gate.names == ["first"]


def test_a_mistake_of_the_program_is_told_to_the_terminal_and_the_next_exam_is_scored(
    jobs: Jobs, gate: Gate, bugs: list[BaseException], make_exam: Callable[[str], HeldExam]
) -> None:
    first, second = make_exam("first"), make_exam("second")
    gate.broken = True
    gate.open.set()
    jobs.submit(first)
    wait(lambda: first.state == "open")
    assert "made a mistake" in first.error
    assert [type(bug) for bug in bugs] == [ZeroDivisionError]
    gate.broken = False
    jobs.submit(second)
    wait(lambda: second.clips[1].scored is not None)


def test_the_end_stops_what_is_scored_and_lets_the_networks_go(
    jobs: Jobs, gate: Gate, make_exam: Callable[[str], HeldExam]
) -> None:
    exam = make_exam("first")
    jobs.submit(exam)
    wait(lambda: exam.state == "scoring")
    begun = time.monotonic()
    jobs.end()
    assert time.monotonic() - begun < 4
    assert gate.closed
    assert exam.clips[1].scored is None
