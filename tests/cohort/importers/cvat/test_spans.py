from pathlib import Path

from clip_maker import moving_bar, write_video
from lusscore.cohort.importers.cvat.clips import CvatClip
from lusscore.cohort.importers.cvat.frames import Mark, MarkedFrame
from lusscore.cohort.importers.cvat.scores import ScoreSource
from lusscore.cohort.importers.cvat.segments import segments_of
from lusscore.cohort.importers.cvat.tasks import CvatTask
from lusscore.cohort.importers.reading.clip_owner import Owner
from lusscore.cohort.segments import Segment
from lusscore.errors import Problem

OWNER = Owner("p", "2", "R1", "covid", "probe")


def segments(path: Path, video: str, *scores: str) -> tuple[list[Segment], list[Problem]]:
    frames = {
        number: MarkedFrame("", number, "", (Mark(score, {}),))
        for number, score in enumerate(scores)
        if score
    }
    problems: list[Problem] = []
    clip = CvatClip(path, CvatTask("1", "", video, ""), path.name, frames)
    return list(segments_of(clip, OWNER, ScoreSource(), "anna", problems)), problems


def test_segments_carry_all_that_is_known(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_bar(4))
    made, problems = segments(path, "a.mp4", "1", "1", "", "3")
    clip = path.as_posix()
    assert made == [
        Segment(clip, "p", "2", "R1", 1, 0, 2, "covid", "probe", "anna"),
        Segment(clip, "p", "2", "R1", 3, 3, 4, "covid", "probe", "anna"),
    ]
    assert problems == []


def test_without_scores_there_is_one_segment_of_nobody(tmp_path: Path) -> None:
    made, _ = segments(tmp_path / "a.mp4", "a.mp4", "B-line")
    assert made == [
        Segment((tmp_path / "a.mp4").as_posix(), "p", "2", "R1", None, 0, None, "covid", "probe")
    ]


def test_a_video_that_cannot_be_read_is_left_to_those_who_read_it(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    made, problems = segments(tmp_path / "a.mp4", "a.mp4", "1")
    assert ([segment.score for segment in made], problems) == ([1], [])
