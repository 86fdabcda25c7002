from pathlib import Path

import pytest

from clip_maker import moving_bar, write_video
from lusscore.cohort.importers.label_studio.segments import SpanMaker
from lusscore.cohort.importers.label_studio.tasks import LabelTask, Opinion, Told
from lusscore.cohort.importers.reading.clip_owner import Owner

OWNER = Owner("p", "1", "R1", "", "")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("clip") / "a.mp4", moving_bar(10))


def segments(clip: Path, *told: Told, rate: str | None = None) -> tuple[list[object], SpanMaker]:
    maker = SpanMaker("score", {"1": "annotator 1"}, rate)
    task = LabelTask("task 1", {"fps": "50"}, (Opinion("1", "", told),))
    made = maker.segments(task, clip, OWNER)
    return [(segment.frame_start, segment.frame_end, segment.score) for segment in made], maker


def test_ranges_drawn_end_to_end_share_no_frame(clip: Path) -> None:
    first, second = Told("score", ("1",), ((1, 5),)), Told("score", ("3",), ((5, 9),))
    assert segments(clip, second, first)[0] == [(0, 4, 1), (4, 9, 3)]


def test_other_controls_say_nothing_of_the_score(clip: Path) -> None:
    assert segments(clip, Told("zone", ("2",)))[0] == [(0, None, None)]


def test_the_rate_is_a_number_or_a_field(clip: Path) -> None:
    told = Told("score", ("2",), ((3, 6),))
    assert segments(clip, told, rate="50")[0] == segments(clip, told, rate="fps")[0] == [(1, 3, 2)]
    _, maker = segments(clip, told, rate="none")
    assert "'none' is no number of frames per second" in str(maker.problems[0])


def test_a_clip_that_cannot_be_read_is_a_problem_of_its_task(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    _, maker = segments(tmp_path / "a.mp4", Told("score", ("2",), ((1, 2),)))
    assert maker.problems[0].where == "task 1, score"
