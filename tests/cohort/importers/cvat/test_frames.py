from xml.etree.ElementTree import fromstring

from lusscore.cohort.importers.cvat.frames import FrameReader, Mark, MarkedFrame
from lusscore.errors import Problem


def read(text: str) -> tuple[list[MarkedFrame], FrameReader]:
    problems: list[Problem] = []
    reader = FrameReader(problems)
    return reader.read(fromstring(f"<annotations>{text}</annotations>")), reader


def test_images_have_all_their_tags_and_shapes() -> None:
    frames, _ = read(
        '<image id="3" name="a.png" task_id="7"><tag label="lung" source="manual">'
        '<attribute name="score"> 2 </attribute></tag><polygon label="B" points="1,1"/></image>'
        '<image id="4" name="b.png"/>'
    )
    assert frames == [
        MarkedFrame("7", 3, "a.png", (Mark("lung", {"score": "2"}), Mark("B", {}))),
        MarkedFrame("", 4, "b.png", ()),
    ]


def test_tracks_mark_the_frames_in_which_they_are_not_outside() -> None:
    frames, _ = read(
        '<track id="0" label="A"><box frame="1" outside="0"/><box frame="2" outside="1"/></track>'
        '<track id="1" label="B"><points frame="1" outside="0"/></track>'
    )
    assert frames == [MarkedFrame("", 1, "", (Mark("A", {}), Mark("B", {})))]


def test_marks_by_models_are_counted_and_left_out() -> None:
    frames, reader = read(
        '<track id="0" label="A" source="auto"><box frame="1"/></track>'
        '<image id="1" name="a"><tag label="B" source="auto"/>'
        '<tag label="C" source="file"/></image>'
    )
    assert frames == [MarkedFrame("", 1, "a", (Mark("C", {}),))]
    assert reader.by_models == 2


def test_frames_without_a_number_are_problems() -> None:
    frames, reader = read('<image id="-1"/><image/><track><box frame="1.5"/></track>')
    assert frames == []
    assert [problem.where for problem in reader.problems] == ["<image>", "<image>", "<box>"]
