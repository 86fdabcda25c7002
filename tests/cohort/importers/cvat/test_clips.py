from pathlib import Path

import pytest
from PIL import Image

from lusscore.cohort.importers.cvat.clips import CvatClip, clips_of
from lusscore.cohort.importers.cvat.frames import MarkedFrame
from lusscore.cohort.importers.cvat.tasks import CvatTask
from lusscore.cohort.importers.reading.media_index import MediaIndex
from lusscore.errors import Problem


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for name in ("media/p1/f1.png", "media/p1/f2.png", "media/p2/f1.png", "outside.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 90).save(tmp_path / name)
    (tmp_path / "media" / "v.mp4").write_bytes(b"x")
    return tmp_path / "media"


def clips(
    media: Path, *images: str, task: CvatTask | None = None, owner: str = ""
) -> tuple[list[CvatClip], list[Problem]]:
    problems: list[Problem] = []
    frames = [MarkedFrame("", number, image, ()) for number, image in enumerate(images)]
    owners = iter(owner.ljust(len(frames)))
    found = clips_of(
        task or CvatTask("1", "", "", ""),
        frames,
        MediaIndex(media),
        lambda _: (next(owners).strip(),),
        problems,
    )
    return list(found), problems


def test_a_video_has_its_own_numbers_without_what_a_project_added(media: Path) -> None:
    ((clip,), _) = clips(
        media, "frame_000000", "frame_000001", task=CvatTask("1", "", "v.mp4", "", -5)
    )
    assert (clip.path.name, sorted(clip.frames)) == ("v.mp4", [5, 6])


def test_a_folder_is_a_clip_where_nothing_told_of_its_images_differs(media: Path) -> None:
    names = ("ward/p1/f2.png", "ward/p1/f1.png")
    assert [
        (clip.path.name, sorted(clip.frames)) for clip in clips(media, *names, owner="a")[0]
    ] == [("p1", [0, 1])]
    assert [clip.path.name for clip in clips(media, *names, owner="ab")[0]] == ["f2.png", "f1.png"]


@pytest.mark.parametrize(
    "name",
    [
        "../outside.png",
        "p1/../../outside.png",
        "f1.png",
        "p1",
        "none.png",
        "C:",
        "/",
        "p1\\none.png",
    ],
)
def test_what_is_no_single_file_below_the_folder_is_a_problem(media: Path, name: str) -> None:
    found, problems = clips(media, name)
    assert (found, len(problems)) == ([], 1)
    assert "--media" in str(problems[0])


def test_an_image_does_not_stand_in_for_one_of_its_name_in_another_folder(media: Path) -> None:
    (media / "p2" / "f1.png").unlink()
    _, problems = clips(media, "p1/f1.png", "p2/f1.png")
    assert "'p2/f1.png' is not there, only 'p1/f1.png'" in str(problems[0])


def test_a_clip_that_is_missing_is_told_of_once(media: Path) -> None:
    assert len(clips(media, "none.png", "none.png")[1]) == 1
