"""The queue before the scorer, with a real scorer whose start a test can hold back."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lusscore import Exam, Model
from lusscore.models import Bundle
from lusscore.scoring import ExamClip
from lusscore.web.exams import Exams, ExamSession, UploadedClip
from lusscore.web.guards import Refusal
from lusscore.web.jobs import Jobs
from web.page_server import ServePage, small


@pytest.fixture
def exams(tmp_path: Path) -> Exams:
    return Exams(tmp_path, small(idle=0.2, left=0.0, exams=3))


def fill(exam: ExamSession, size: int = 10) -> Path:
    path = exam.folder / "0001.mp4"
    path.write_bytes(bytes(size))
    exam.clips[1] = UploadedClip(1, path, "R1.mp4", size, b"")
    return path


def test_an_exam_that_nobody_asks_for_is_closed_and_its_clips_are_deleted(exams: Exams) -> None:
    exam = exams.open()
    path = fill(exam)
    exams.close_idle()
    assert path.exists()
    for _ in range(4):
        time.sleep(0.1)
        exams.find(exam.id)
        exams.close_idle()
    assert path.exists()
    time.sleep(0.3)
    exams.close_idle()
    assert not exam.folder.exists()
    assert exam.closed
    assert exam.stop.is_set()
    with pytest.raises(Refusal, match="closed"):
        exams.find(exam.id)


def test_a_page_that_was_left_closes_its_exam_soon_unless_it_comes_back(exams: Exams) -> None:
    exam = exams.open()
    exams.leave(exam)
    exams.find(exam.id)
    exams.close_idle()
    assert exam.folder.exists()
    exams.leave(exam)
    time.sleep(0.01)
    exams.close_idle()
    assert not exam.folder.exists()


def test_an_exam_of_which_a_clip_is_arriving_is_not_idle(exams: Exams) -> None:
    exam = exams.open()
    exam.arriving = 1
    time.sleep(0.3)
    exams.close_idle()
    assert exam.folder.exists()
    exam.arriving = 0
    exams.close_idle()
    assert not exam.folder.exists()


def test_exams_that_are_idle_make_room_for_new_ones(exams: Exams) -> None:
    for _ in range(3):
        exams.open()
    with pytest.raises(Refusal, match="3 exams are open"):
        exams.open()
    time.sleep(0.3)
    exams.open()


def test_an_exam_whose_page_was_closed_makes_room_and_others_do_not(tmp_path: Path) -> None:
    exams = Exams(tmp_path, small(exams=2))
    first, second = exams.open(), exams.open()
    exams.leave(second)
    third = exams.open()
    assert second.closed
    exams.leave(first)
    exams.find(first.id)
    with pytest.raises(Refusal, match="2 exams are open"):
        exams.open()
    assert not first.closed
    assert not third.closed


def test_ids_cannot_be_guessed(exams: Exams) -> None:
    first, second = exams.open().id, exams.open().id
    assert len(first) >= 20
    assert first[:10] != second[:10]


def test_the_server_looks_for_idle_exams_by_itself(serve_page: ServePage, clip: bytes) -> None:
    page = serve_page(small(idle=0.2, left=0.1))
    assert page.upload(page.open_exam(), "R1.mp4", clip).status == 201
    folder = Path(tempfile.gettempdir())
    assert list(folder.rglob("0001.mp4"))
    for _ in range(100):
        if not list(folder.rglob("0001.mp4")):
            return
        time.sleep(0.05)
    pytest.fail("the clip is still there")


def test_the_page_says_that_it_was_left(serve_page: ServePage) -> None:
    page = serve_page(small(left=0.0))
    exam = page.open_exam()
    assert page.ask("POST", f"/api/exams/{exam}/leave").status == 204
    page.open_exam()  # looks for idle exams
    assert page.ask("GET", f"/api/exams/{exam}").status == 404


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
def make_exam(tmp_path: Path, clip: bytes) -> Callable[[str], ExamSession]:
    def make(name: str) -> ExamSession:
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "0001.mp4"
        path.write_bytes(clip)
        held = UploadedClip(1, path, "R1.mp4", len(clip), b"", zone="R1")
        return ExamSession(name, folder, 0.0, name=name, clips={1: held})

    return make


def wait(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("waited too long")


@pytest.fixture
def both(jobs: Jobs, make_exam: Callable[[str], ExamSession]) -> tuple[ExamSession, ExamSession]:
    """Two exams that were submitted, the first of which is being scored or will be."""
    first, second = make_exam("first"), make_exam("second")
    jobs.submit(first)
    jobs.submit(second)
    return first, second


def test_exams_are_scored_one_after_the_other(
    jobs: Jobs, gate: Gate, both: tuple[ExamSession, ExamSession]
) -> None:
    first, second = both
    wait(lambda: first.state == "scoring")
    assert second.state == "waiting"
    assert gate.names == ["first"]
    gate.open.set()
    wait(lambda: second.state == "open")
    for exam in (first, second):
        assert exam.clips[1].scored is not None
        assert exam.progress.done == exam.progress.total == 6


def test_what_is_being_scored_is_not_submitted_again(
    jobs: Jobs, make_exam: Callable[[str], ExamSession]
) -> None:
    exam = make_exam("first")
    jobs.submit(exam)
    with pytest.raises(Refusal, match="being scored"):
        jobs.submit(exam)


def test_stopping_what_is_scored_leaves_the_next_its_turn(
    jobs: Jobs, gate: Gate, both: tuple[ExamSession, ExamSession]
) -> None:
    first, second = both
    wait(lambda: first.state == "scoring")
    jobs.stop(first)
    gate.open.set()
    wait(lambda: second.clips[1].scored is not None)
    assert (first.state, first.error) == ("open", "")
    assert first.clips[1].scored is None
    jobs.submit(first)
    wait(lambda: first.clips[1].scored is not None)


def test_one_that_waits_can_be_stopped_and_submitted_anew_and_is_scored_once(
    jobs: Jobs, gate: Gate, both: tuple[ExamSession, ExamSession]
) -> None:
    _, second = both
    jobs.stop(second)
    assert second.state == "open"
    jobs.submit(second)
    gate.open.set()
    wait(lambda: second.clips[1].scored is not None and second.state == "open")
    jobs.end()
    assert gate.names == ["first", "second"]


def test_an_exam_that_was_closed_while_it_waited_is_passed_over(
    jobs: Jobs, gate: Gate, both: tuple[ExamSession, ExamSession]
) -> None:
    _, second = both
    second.closed = True
    gate.open.set()
    wait(lambda: second.state == "open")
    assert gate.names == ["first"]


def test_a_mistake_of_the_program_is_told_to_the_terminal_and_the_next_exam_is_scored(
    jobs: Jobs, gate: Gate, bugs: list[BaseException], make_exam: Callable[[str], ExamSession]
) -> None:
    first, second = make_exam("first"), make_exam("second")
    gate.broken = True
    gate.open.set()
    jobs.submit(first)
    wait(lambda: first.state == "open")
    assert "bug of lusscore" in first.error
    assert [type(bug) for bug in bugs] == [ZeroDivisionError]
    gate.broken = False
    jobs.submit(second)
    wait(lambda: second.clips[1].scored is not None)


def test_the_end_stops_what_is_scored_and_lets_the_networks_go(
    jobs: Jobs, gate: Gate, make_exam: Callable[[str], ExamSession]
) -> None:
    exam = make_exam("first")
    jobs.submit(exam)
    wait(lambda: exam.state == "scoring")
    begun = time.monotonic()
    jobs.end()
    assert time.monotonic() - begun < 4
    assert gate.closed
    assert exam.clips[1].scored is None
