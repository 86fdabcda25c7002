import re
from pathlib import Path

from lusscore.web.limits import MEGABYTE, Limits

REPOSITORY = Path(__file__).parent.parent.parent


def test_the_docs_tell_the_usual_limits() -> None:
    text = (REPOSITORY / "docs" / "serve.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE))
    usual = Limits()

    def numbers(row: str) -> list[float]:
        told = f"{row} {rows[row]}".replace(",", "")
        return [float(each) for each in re.findall(r"\d+", told)]

    assert numbers("clips of one exam") == [usual.clips, usual.exam_bytes / MEGABYTE]
    assert numbers("one clip") == [usual.file_bytes / MEGABYTE]
    assert numbers("all open exams") == [usual.exams, usual.all_bytes / MEGABYTE]
    assert numbers("uploads at once") == [usual.uploads]
    assert numbers("connections at once") == [usual.connections]
    assert numbers("silence while sending") == [usual.silence]
    assert numbers("least speed, after 20 s") == [usual.grace, usual.slowest]
    assert numbers("head of a request") == [usual.patience]
    assert numbers("an exam that nobody asks for") == [usual.idle]
    assert numbers("an exam whose page was closed") == [usual.left]


def test_what_one_exam_may_take_bounds_its_clips_and_all_exams() -> None:
    small = Limits.of_exam(100)
    assert (small.exam_bytes, small.file_bytes) == (100 * MEGABYTE, 100 * MEGABYTE)
    assert Limits.of_exam(5_000).file_bytes == Limits().file_bytes
    assert Limits.of_exam(2_000) == Limits()
