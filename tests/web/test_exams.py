import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lusscore.web.exams import Exams
from lusscore.web.guards import Refusal
from lusscore.web.held import HeldClip, HeldExam
from web.page_server import Page, small


@pytest.fixture
def exams(tmp_path: Path) -> Exams:
    return Exams(tmp_path, small(idle=0.2, left=0.0, exams=3))


def fill(exam: HeldExam, size: int = 10) -> Path:
    path = exam.folder / "0001.mp4"
    path.write_bytes(bytes(size))
    exam.clips[1] = HeldClip(1, path, "R1.mp4", size, b"")
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


def test_bytes_are_counted_over_all_exams(exams: Exams) -> None:
    one, other = exams.open(), exams.open()
    fill(one, 10)
    fill(other, 5)
    other.arriving = 100
    assert exams.bytes() == 115
    exams.close(one)
    assert exams.bytes() == 105
    exams.close_all()
    assert exams.bytes() == 0


def test_ids_cannot_be_guessed(exams: Exams) -> None:
    first, second = exams.open().id, exams.open().id
    assert len(first) >= 20
    assert first[:10] != second[:10]


def test_the_server_looks_for_idle_exams_by_itself(
    serve_page: Callable[..., Page], clip: bytes
) -> None:
    page = serve_page(small(idle=0.2, left=0.1))
    assert page.upload(page.open_exam(), "R1.mp4", clip).status == 201
    folder = Path(tempfile.gettempdir())
    assert list(folder.rglob("0001.mp4"))
    for _ in range(100):
        if not list(folder.rglob("0001.mp4")):
            return
        time.sleep(0.05)
    pytest.fail("the clip is still there")


def test_the_page_says_that_it_was_left(serve_page: Callable[..., Page]) -> None:
    page = serve_page(small(left=0.0))
    exam = page.open_exam()
    assert page.ask("POST", f"/api/exams/{exam}/leave").status == 204
    page.open_exam()  # looks for idle exams
    assert page.ask("GET", f"/api/exams/{exam}").status == 404
