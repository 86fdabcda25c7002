from collections.abc import Callable
from pathlib import Path

import pytest

from clip_maker import write_video
from dicom_maker import region, write_ultrasound
from lusscore.checks import Finding, Verdict
from lusscore.cohort import Segment

Rows = Callable[..., Segment]
Found = Callable[..., dict[str, Finding]]
Check = Callable[..., Verdict]


def test_segments_after_the_end_of_their_clip(
    rows: Rows, check: Check, drifting_clip: Callable[..., object]
) -> None:
    clips = {f"{number}.mp4": drifting_clip(number) for number in (1, 2, 3)}
    segments = [
        rows("a", clip="1.mp4", frame_start=24),
        rows("b", clip="2.mp4", frame_start=20, frame_end=25),
        rows("c", clip="3.mp4", frame_start=20, frame_end=24),
    ]
    verdict = check(clips, segments)
    found = {finding.code: finding for finding in verdict.findings}
    assert found["segment-outside-clip"].places == ("1.mp4",)
    assert found["segment-outside-clip"].level == "error"
    assert found["segment-beyond-clip"].places == ("2.mp4",)
    assert verdict.summary["labelled_frames_per_score"]["0"] == 0 + 4 + 4


def test_unreadable_clips_are_told_with_reasons_and_without_folders(
    rows: Rows, check: Check, drifting_clip: Callable[..., object], tmp_path: Path
) -> None:
    whole = write_video(tmp_path / "whole.mp4", drifting_clip(1), faststart=True)
    cut, empty = tmp_path / "cut.mp4", tmp_path / "empty.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    empty.write_bytes(b"")
    clips = {"cut.mp4": cut, "empty.mp4": empty, "e2.mp4": empty, "whole.mp4": whole}
    verdict = check(clips, [rows(name[:2], clip=name) for name in clips])
    bad = [finding for finding in verdict.findings if finding.code == "unreadable-clip"]
    assert {finding.places for finding in bad} == {("cut.mp4",), ("empty.mp4", "e2.mp4")}
    assert all(finding.level == "error" for finding in bad)
    assert all(str(tmp_path) not in finding.what for finding in bad)
    assert "0 bytes" in bad[1].what


def test_what_of_a_header_is_not_used_is_told(
    rows: Rows, check: Check, drifting_clip: Callable[..., object], tmp_path: Path
) -> None:
    elements = {"FrameTime": "40.0", "SequenceOfUltrasoundRegions": [region(0, 0, 1, 1)]}
    odd = write_ultrasound(tmp_path / "odd.dcm", drifting_clip(1), **elements)
    odd.write_bytes(odd.read_bytes().replace(b"40.0", b"4o.0"))
    verdict = check({"odd.dcm": odd}, [rows("a", clip="odd.dcm")])
    found = [one for one in verdict.findings if one.code == "header-not-used"]
    assert [one.level for one in found] == ["warning"] * 2
    assert "FrameTime is no number" in found[0].what
    assert "1 ultrasound region" in found[1].what


def test_an_absolute_path_may_lie_anywhere(rows: Rows, found_in_rows: Found) -> None:
    found = found_in_rows([rows("a", clip="/elsewhere/a.mp4"), rows("b", clip="C:\\x\\b.mp4")])
    assert "path-leaves-cohort" not in found


def test_a_link_out_of_the_folder_is_told(rows: Rows, found_in_rows: Found, tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    try:
        (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
        (folder / "loop").symlink_to(folder / "loop")
    except OSError:
        pytest.skip("this account may not make links")
    clips = ("linked/a.mp4", "b.mp4", "loop/c.mp4")
    found = found_in_rows([rows(clip[-5], clip=clip) for clip in clips])
    assert found["path-leaves-cohort"].places == ("linked/a.mp4",)
