from pathlib import Path

import pytest

from clip_maker import moving_bar, write_video
from label_studio_maker import annotation, choice, read, task, write
from lusscore.errors import CohortError, InvalidCohortError


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for name in ("p1_R1.mp4", "p3_R2.mp4"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_two_files_that_could_be_meant_are_asked_about(tmp_path: Path, media: Path) -> None:
    tasks = [task(1, "p1_R1.mp4", annotation(1, 7, choice("1")), patient="p1", other="p3_R2.mp4")]
    path = write(tmp_path, tasks)
    with pytest.raises(
        CohortError, match="several clips, p1_R1.mp4, p3_R2.mp4; .*--column clip=FIELD"
    ):
        read(path, media)
    assert Path(read(path, media, clip="other").segments[0].clip).name == "p3_R2.mp4"


def test_clips_are_looked_for_beside_the_export(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", moving_bar(2))
    write(tmp_path, [task(1, "/data/upload/1/0a1b2c3d-a.mp4", patient="p")])
    (segment,) = read(tmp_path).segments
    assert (Path(segment.clip), segment.score) == ((tmp_path / "a.mp4").resolve(), None)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for name in ("a.mp4", "p1/R1.mp4", "p2/R1.mp4", "deadbeef-b.mp4", "my clip (2).mp4", "100%.mp4",
                 "a+b.mp4"):  # fmt: skip
        path = tmp_path / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "outside.mp4").write_bytes(b"x")
    return tmp_path / "media"


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
def test_paths_and_addresses_lead_to_the_clip(
    tmp_path: Path, store: Path, reference: str, name: str
) -> None:
    (segment,) = read(write(tmp_path, [task(1, reference, patient="p")]), store).segments
    assert Path(segment.clip) == store.resolve() / name


@pytest.mark.parametrize(
    "reference",
    ["../outside.mp4", "/data/local-files/?d=../outside.mp4", "none.mp4", "/data/upload/3/R1.mp4",
     "https://[::1/a.mp4", "/", "", "no\0ne.mp4", "OUTSIDE"],
)  # fmt: skip
def test_what_is_not_below_the_folder_or_there_twice_is_not_found(
    tmp_path: Path, store: Path, reference: str
) -> None:
    reference = reference.replace("OUTSIDE", str(tmp_path / "outside.mp4"))
    with pytest.raises(InvalidCohortError, match="task 1: "):
        read(write(tmp_path, [task(1, reference, patient="p")]), store)


def test_a_clip_does_not_stand_in_for_one_of_its_name_in_another_folder(
    tmp_path: Path, store: Path
) -> None:
    (store / "p2" / "R1.mp4").unlink()
    videos = ("s3://b/p1/R1.mp4", "s3://b/p2/R1.mp4", "/data/upload/1/0a1b2c3d-R1.mp4")
    tasks = [task(number, video, patient="p") for number, video in enumerate(videos, 1)]
    with pytest.raises(InvalidCohortError) as caught:
        read(write(tmp_path, tasks), store)
    (problem,) = caught.value.problems
    assert str(problem).startswith(
        "task 2: 'R1.mp4' in 'p2' is not there, only the one in 'p1' that task 1 shows"
    )
