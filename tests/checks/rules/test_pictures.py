from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from clip_maker import write_video
from dicom_maker import write_ultrasound
from lusscore.checks import Finding, Verdict
from lusscore.cohort import ExtractionSettings, Segment

Rows = Callable[..., Segment]
Check = Callable[..., Verdict]
Drifting = Callable[..., np.ndarray]


def by_code(verdict: Verdict) -> dict[str, Finding]:
    return {finding.code: finding for finding in verdict.findings}


def test_burned_in_text_is_a_warning_until_the_card_hides_it(
    rows: Rows, check: Check, drifting_clip: Drifting
) -> None:
    outside = drifting_clip(2)
    for rgb in outside:
        cv2.putText(rgb, "NAME", (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255,) * 3, 1)
    clips = {
        "in.mp4": drifting_clip(1, text="L3"),
        "out.mp4": outside,
        "none.mp4": drifting_clip(3),
    }
    segments = [rows(name[0], clip=name) for name in clips]
    found = by_code(check(clips, segments, extraction=ExtractionSettings(sector="sector")))
    inside, beside = found["text-inside-sector"], found["text-outside-sector"]
    assert (inside.level, inside.places) == ("warning", ("in.mp4",))
    assert (beside.level, beside.places) == ("note", ("out.mp4",))


def test_blank_repeated_short_and_single_frames(
    rows: Rows, check: Check, drifting_clip: Drifting, tmp_path: Path
) -> None:
    blank = drifting_clip(1)
    still = tmp_path / "still.png"
    cv2.imwrite(str(still), blank[0])
    blank[:2] = 0
    clips = {
        "blank.mp4": blank,
        "slow.mp4": drifting_clip(2, frames=12).repeat(2, axis=0),
        "short.mp4": drifting_clip(3)[:6],
        "still.png": still,
    }
    found = by_code(check(clips, [rows(name[:2], clip=name) for name in clips]))
    assert found["blank-frames"].places == ("blank.mp4",)
    assert "of every third frame, 0." in found["blank-frames"].what
    assert found["repeated-frames"].places == ("slow.mp4",)
    assert found["short-clips"].places == ("short.mp4",)
    assert found["single-frame-clips"].places == ("still.png",)


def test_sizes_rates_and_sector(
    rows: Rows, check: Check, drifting_clip: Drifting, tmp_path: Path
) -> None:
    clips = {
        "small.mp4": drifting_clip(1, height=96, width=128),
        "slow.mp4": write_video(tmp_path / "slow.mp4", drifting_clip(2), fps=10),
        "dark.mp4": np.zeros((12, 240, 320, 3), np.uint8),
    }
    found = by_code(check(clips, [rows(name[:2], clip=name) for name in clips]))
    assert found["low-resolution"].places == ("small.mp4",)
    assert found["sector-not-found"].places == ("dark.mp4",)
    assert "320 × 240 (2), 128 × 96 (1)" in found["mixed-sizes"].what
    assert "25 (2), 10 (1)" in found["mixed-frame-rates"].what


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
    found = by_code(verdict)
    assert found["identifiers-present"].places == found["declared-burned-in"].places == ("n.dcm",)
    everything = str(verdict.as_json())
    assert "PatientName (1)" in everything
    assert "Okonkwo" not in everything
    assert "19610203" not in everything
