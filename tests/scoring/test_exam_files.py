from __future__ import annotations

import os
from pathlib import Path

import pytest

from dicom_maker import save, ultrasound_header
from lusscore.errors import ExamError
from lusscore.scoring.exam_files import FoundClip, find_clips, sequence_name


def touch(root: Path, *names: str) -> None:
    # finding goes by names and first bytes; nothing is decoded
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"\0")


def names(root: Path, found: list[FoundClip]) -> list[str]:
    return [clip.path.relative_to(root).as_posix() for clip in found]


def test_clips_come_in_natural_order_however_given(tmp_path: Path) -> None:
    touch(tmp_path, "clip10.mp4", "clip2.mp4", "Clip1.mp4", "b/1.mp4", "a10/1.mp4", "a9/1.mp4")
    expected = ["a9/1.mp4", "a10/1.mp4", "b/1.mp4", "Clip1.mp4", "clip2.mp4", "clip10.mp4"]
    assert names(tmp_path, find_clips([tmp_path])[0]) == expected
    given = [tmp_path / name for name in sorted(expected, reverse=True)]
    assert names(tmp_path, find_clips(given)[0]) == expected


def test_what_systems_leave_behind_is_passed_over_and_others_are_named(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(".hidden.mp4", "._R1.mp4", "__MACOSX/R1.mp4", ".git/R1.mp4", "Thumbs.db", ".DS_Store"),
        *("desktop.ini", "DICOMDIR", "R1.mp4", "anna/report.pdf", "notes10.txt", "notes9.txt"),
    )
    found, ignored = find_clips([tmp_path])
    assert names(tmp_path, found) == ["R1.mp4"]
    assert ignored == ["notes9.txt", "notes10.txt", "report.pdf"]


def test_a_medium_with_dicom_files_without_suffix_is_read(tmp_path: Path) -> None:
    for name in ("DICOM/IM_10", "DICOM/IM_2", "DICOM/1.2.840.7"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        save(ultrasound_header(1, 8, 8), tmp_path / name)
    save(ultrasound_header(1, 8, 8), tmp_path / "DICOMDIR")
    found, ignored = find_clips([tmp_path])
    assert [clip.name for clip in found] == ["1.2.840.7", "IM_2", "IM_10"]
    assert ignored == []


def test_what_is_given_twice_is_one_clip(tmp_path: Path) -> None:
    touch(tmp_path, "exam/R1.mp4", "exam/frames/1.png", "exam/frames/2.png")
    exam = tmp_path / "exam"
    given = [exam, exam / "R1.mp4", exam, exam / ".." / "exam" / "R1.mp4", exam / "frames"]
    assert len(find_clips(given)[0]) == 2


def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    touch(tmp_path, "exam/a/R1.mp4")
    try:
        (tmp_path / "exam" / "a" / "again").symlink_to(tmp_path / "exam", target_is_directory=True)
        (tmp_path / "exam" / "b.mp4").symlink_to(tmp_path / "exam" / "a" / "R1.mp4")
        (tmp_path / "exam" / "c.mp4").symlink_to(tmp_path / "nowhere")
    except OSError:
        pytest.skip("links cannot be made here")
    found = [clip.path.name for clip in find_clips([tmp_path / "exam"])[0]]
    # what a broken link stands for is lacking, which its scoring says
    assert len(found) == 2
    assert "c.mp4" in found


def test_numbered_images_are_one_clip_and_others_each_one(tmp_path: Path) -> None:
    touch(tmp_path, "L1/f_1.png", "L1/f_2.png", "L1/x.mp4", "R1.png", "R2.png", "one/f_1.png")
    found, _ = find_clips([tmp_path])
    assert names(tmp_path, found) == ["L1", "L1/x.mp4", "one/f_1.png", "R1.png", "R2.png"]
    assert found[0].name == "f_"
    assert found[0].folders == ("L1",)


def test_an_image_folder_that_is_given_is_named_by_itself(tmp_path: Path) -> None:
    touch(tmp_path, "L1/1.png", "L1/2.png")
    (clip,) = find_clips([tmp_path / "L1"])[0]
    assert (clip.path, clip.folders) == (tmp_path / "L1", ("L1",))


def test_folders_are_told_from_the_inside_out_below_the_one_given(tmp_path: Path) -> None:
    touch(tmp_path, "exam/left/ant/1.mp4")
    (clip,) = find_clips([tmp_path / "exam"])[0]
    assert clip.folders == ("ant", "left")
    assert clip.top == (tmp_path / "exam", "left")
    (clip,) = find_clips([tmp_path / "exam" / "left" / "ant" / "1.mp4"])[0]
    assert clip.folders == ()


def test_all_paths_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "R1.mp4")
    with pytest.raises(ExamError, match=r"one\.mp4, .*two"):
        find_clips([tmp_path / "one.mp4", tmp_path / "R1.mp4", tmp_path / "two"])


def test_a_name_that_no_system_allows_is_told() -> None:
    with pytest.raises(ExamError, match=r"cannot be read|nothing at"):
        find_clips([Path("a" * 5000)])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs folders that are closed")
def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(ExamError, match="closed cannot be read"):
        find_clips([tmp_path])


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (["frame_001", "frame_002", "frame_010"], "frame_"),
        (["1", "2"], ""),
        (["p3_L1_1.5x", "p3_L1_2.5x"], None),
        (["p3_L1_007", "p3_L1_008"], "p3_L1_"),
        (["L_10", "L_11"], "L_"),
        (["1of9", "2of9"], None),
    ],
)
def test_names_that_differ_by_their_last_number_are_a_sequence(
    names: list[str], shared: str | None
) -> None:
    assert sequence_name(names) == shared


@pytest.mark.parametrize(
    "names",
    [[], ["frame_1"], ["R1", "R2", "R3"], ["p3 L-1", "p3 L-2"], ["R1_1", "L1_1"], ["a", "b"]],
)
def test_others_are_clips_each(names: list[str]) -> None:
    assert sequence_name(names) is None
