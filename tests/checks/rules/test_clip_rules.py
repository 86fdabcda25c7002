"""Rules that look into clips: real files, checked in full."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from clip_maker import write_video
from dicom_maker import write_ultrasound
from lusscore.checks import Verdict
from lusscore.cohort import ExtractionSettings, Segment

Rows = Callable[..., Segment]
Check = Callable[..., Verdict]
Drifting = Callable[..., np.ndarray]


def codes(verdict: Verdict) -> dict[str, tuple[str, ...]]:
    return {finding.code: finding.places for finding in verdict.findings}


def level(verdict: Verdict, code: str) -> str:
    return next(finding.level for finding in verdict.findings if finding.code == code)


def smaller(video: np.ndarray, width: int, height: int) -> np.ndarray:
    frames = [cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA) for rgb in video]
    return np.array(frames, np.uint8)


def brighter(video: np.ndarray) -> np.ndarray:
    return np.clip(video * 1.2, 0, 255).astype(np.uint8)


def test_copies_across_patients_are_a_leak_however_they_were_made(
    rows: Rows, check: Check, drifting_clip: Drifting
) -> None:
    video = drifting_clip(1, frames=30)
    clips = {
        "a.mp4": video,
        "smaller.mp4": smaller(video, 256, 192),
        "part.mp4": video[7:20],
        "brighter.mp4": brighter(video),
        "other.mp4": drifting_clip(2),
        "third.mp4": drifting_clip(3),
    }
    segments = [rows(name[0], "R1", 0, clip=name) for name in clips]
    segments = [
        rows("q" if segment.clip == "other.mp4" else segment.patient, clip=segment.clip)
        for segment in segments
    ]
    verdict = check(clips, segments)
    assert codes(verdict)["near-leak-across-patients"] == (
        "a.mp4 = smaller.mp4 = part.mp4 = brighter.mp4",
    )
    assert level(verdict, "near-leak-across-patients") == "error"


def test_copies_of_one_patient_are_warned_of_by_whether_labels_agree(
    rows: Rows, check: Check, drifting_clip: Drifting
) -> None:
    first, second = drifting_clip(1), drifting_clip(2)
    clips = {
        "1.mp4": first,
        "1s.mp4": smaller(first, 256, 192),
        "2.mp4": second,
        "2s.mp4": smaller(second, 256, 192),
    }
    segments = [
        rows("a", "R1", 1, clip="1.mp4"),
        rows("a", "R1", 1, clip="1s.mp4"),
        rows("a", "R2", 1, clip="2.mp4"),
        rows("a", "R2", 2, clip="2s.mp4"),
    ]
    verdict = check(clips, segments)
    assert codes(verdict)["near-duplicate"] == ("1.mp4 = 1s.mp4",)
    assert codes(verdict)["near-duplicate-other-labels"] == ("2.mp4 = 2s.mp4",)
    assert level(verdict, "near-duplicate") == "warning"


def test_the_same_file_twice_is_told_once(
    rows: Rows, check: Check, drifting_clip: Drifting
) -> None:
    clips = dict.fromkeys(("1.mp4", "2.mp4"), drifting_clip(1))
    found = codes(check(clips, [rows("a", clip="1.mp4"), rows("b", clip="2.mp4")]))
    assert found["leak-across-patients"] == ("1.mp4 = 2.mp4",)
    assert "near-leak-across-patients" not in found


def test_burned_in_text_is_a_warning_until_the_card_hides_it(
    rows: Rows, check: Check, drifting_clip: Drifting
) -> None:
    inside, outside = drifting_clip(1), drifting_clip(2)
    for rgb in inside:
        cv2.putText(rgb, "L3", (140, 170), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255,) * 3, 2)
    for rgb in outside:
        cv2.putText(rgb, "NAME", (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255,) * 3, 1)
    clips = {"in.mp4": inside, "out.mp4": outside, "none.mp4": drifting_clip(3)}
    segments = [rows(name[0], clip=name) for name in clips]
    verdict = check(clips, segments, extraction=ExtractionSettings(sector="sector"))
    assert codes(verdict)["text-inside-sector"] == ("in.mp4",)
    assert codes(verdict)["text-outside-sector"] == ("out.mp4",)
    assert level(verdict, "text-inside-sector") == "warning"
    assert level(verdict, "text-outside-sector") == "note"


def test_blank_repeated_short_and_single_frames(
    rows: Rows, check: Check, drifting_clip: Drifting, tmp_path: Path
) -> None:
    video = drifting_clip(1)
    blank = video.copy()
    blank[:2] = 0
    still = tmp_path / "still.png"
    cv2.imwrite(str(still), video[0])
    clips = {
        "blank.mp4": blank,
        "slow.mp4": drifting_clip(2, frames=12).repeat(2, axis=0),
        "short.mp4": drifting_clip(3)[:6],
        "still.png": still,
    }
    found = codes(check(clips, [rows(name[:2], clip=name) for name in clips]))
    assert found["blank-frames"] == ("blank.mp4",)
    assert found["repeated-frames"] == ("slow.mp4",)
    assert found["short-clips"] == ("short.mp4",)
    assert found["single-frame-clips"] == ("still.png",)


def test_sizes_rates_and_sector(
    rows: Rows, check: Check, drifting_clip: Drifting, tmp_path: Path
) -> None:
    slow = write_video(tmp_path / "slow.mp4", drifting_clip(2), fps=10)
    clips = {
        "small.mp4": smaller(drifting_clip(1), 128, 96),
        "slow.mp4": slow,
        "dark.mp4": np.zeros((12, 240, 320, 3), np.uint8),
    }
    verdict = check(clips, [rows(name[:2], clip=name) for name in clips])
    found = codes(verdict)
    assert found["low-resolution"] == ("small.mp4",)
    assert found["sector-not-found"] == ("dark.mp4",)
    assert {"mixed-sizes", "mixed-frame-rates"} <= found.keys()
    told = {finding.code: finding.what for finding in verdict.findings}
    assert "320 × 240 (2), 128 × 96 (1)" in told["mixed-sizes"]
    assert "25 (2), 10 (1)" in told["mixed-frame-rates"]


def test_identifiers_are_named_and_their_values_are_not(
    rows: Rows, check: Check, drifting_clip: Drifting, tmp_path: Path
) -> None:
    path = write_ultrasound(
        tmp_path / "named.dcm",
        drifting_clip(1, frames=12),
        PatientName="Okonkwo^Ada",
        PatientBirthDate="19610203",
        BurnedInAnnotation="YES",
        FrameTime="40",
    )
    verdict = check({"n.dcm": path}, [rows("a", clip="n.dcm")])
    found = codes(verdict)
    assert found["identifiers-present"] == found["declared-burned-in"] == ("n.dcm",)
    told = str(verdict.as_json())
    assert "PatientName (1)" in told
    assert "Okonkwo" not in told
    assert "19610203" not in told


def test_segments_after_the_end_of_their_clip(
    rows: Rows, check: Check, drifting_clip: Drifting
) -> None:
    clips = {"1.mp4": drifting_clip(1), "2.mp4": drifting_clip(2), "3.mp4": drifting_clip(3)}
    segments = [
        rows("a", clip="1.mp4", frame_start=24),
        rows("b", clip="2.mp4", frame_start=20, frame_end=25),
        rows("c", clip="3.mp4", frame_start=20, frame_end=24),
    ]
    verdict = check(clips, segments)
    assert codes(verdict)["segment-outside-clip"] == ("1.mp4",)
    assert codes(verdict)["segment-beyond-clip"] == ("2.mp4",)
    assert level(verdict, "segment-outside-clip") == "error"
    assert verdict.summary["labelled_frames_per_score"]["0"] == 0 + 4 + 4


def test_unreadable_clips_are_told_with_reasons_and_without_folders(
    rows: Rows, check: Check, drifting_clip: Drifting, tmp_path: Path
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
    assert "The file is empty (0 bytes)" in bad[1].what
