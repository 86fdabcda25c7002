from pathlib import Path

import pytest

from lusscore.cohort.importers.label_studio.media import (
    ClipFinder,
    file_name,
    find_upload,
)
from lusscore.cohort.importers.label_studio.tasks import LabelTask
from lusscore.cohort.importers.reading.media_index import MediaIndex
from lusscore.errors import Problem


@pytest.fixture
def index(tmp_path: Path) -> MediaIndex:
    for name in (
        "a.mp4",
        "p1/R1.mp4",
        "p2/R1.mp4",
        "deadbeef-b.mp4",
        "my clip (2).mp4",
        "100%.mp4",
        "a+b.mp4",
    ):
        path = tmp_path / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "outside.mp4").write_bytes(b"x")
    return MediaIndex(tmp_path / "media")


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("/data/upload/3/0a1b2c3d-a.mp4", "a.mp4"),
        ("a.mp4", "a.mp4"),
        ("/data/local-files/?d=ward/p2/R1.mp4", "p2/R1.mp4"),
        ("/data/local-files/?d=ward%2Fp1%2FR1.mp4", "p1/R1.mp4"),
        ("s3://bucket/lus/p1/R1.mp4", "p1/R1.mp4"),
        ("/data/local-files/?d=ward/a+b.mp4", "a+b.mp4"),
        ("https://host.example/clips/a.mp4?token=1/2", "a.mp4"),
        ("C:\\ward\\p2\\R1.mp4", "p2/R1.mp4"),
        ("/data/upload/3/deadbeef-b.mp4", "deadbeef-b.mp4"),
        ("/data/upload/3/0a1b2c3d-my_clip_2.mp4", "my clip (2).mp4"),
        ("gs://bucket/my%20clip%20%282%29.mp4", "my clip (2).mp4"),
        ("/data/upload/3/0a1b2c3d-100%.mp4", "100%.mp4"),
    ],
)
def test_paths_and_addresses_lead_to_the_clip(index: MediaIndex, reference: str, name: str) -> None:
    assert find_upload(index, reference) == index.folder / name


@pytest.mark.parametrize(
    "reference",
    [
        "../outside.mp4",
        "/data/local-files/?d=../outside.mp4",
        "none.mp4",
        "/data/upload/3/R1.mp4",
        "https://[::1/a.mp4",
        "/",
        "",
        "no\0ne.mp4",
    ],
)
def test_what_is_not_below_the_folder_or_there_twice_is_not_found(
    index: MediaIndex, reference: str
) -> None:
    with pytest.raises(LookupError):
        find_upload(index, reference)


def test_an_absolute_path_that_exists_does_not_lead_out(index: MediaIndex) -> None:
    with pytest.raises(LookupError):
        find_upload(index, (index.folder.parent / "outside.mp4").as_posix())


def test_a_clip_does_not_stand_in_for_one_of_its_name_in_another_folder(
    index: MediaIndex,
) -> None:
    (index.folder / "p2" / "R1.mp4").unlink()
    finder = ClipFinder(index, None)
    tasks = [
        LabelTask(f"task {number}", {"video": video}, ())
        for number, video in enumerate(
            ("s3://b/p1/R1.mp4", "s3://b/p2/R1.mp4", "/data/upload/1/0a1b2c3d-R1.mp4"), 1
        )
    ]
    problems: list[Problem] = []
    found = [finder.find(task, problems) for task in tasks]
    assert found == [index.folder / "p1" / "R1.mp4", None, index.folder / "p1" / "R1.mp4"]
    (problem,) = problems
    assert str(problem).startswith(
        "task 2: 'R1.mp4' in 'p2' is not there, only the one in 'p1' that task 1 shows"
    )


def test_file_names_have_a_suffix() -> None:
    assert file_name("s3://bucket/a/b.mp4") == "b.mp4"
    assert [file_name(text) for text in ("R1", "", "not assessable")] == [""] * 3
