"""Cohorts for checks: of rows alone, and of real clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clip_maker import write_video
from lusscore.checks import Finding, Verdict, check_cohort, quick_findings
from lusscore.cohort import Card, Cohort, Rating, Segment, read_cohort, write_cohort
from sector_maker import fan_mask

Video = NDArray[np.uint8]


@pytest.fixture
def drifting_clip() -> Callable[..., Video]:
    """A maker of clips in which smooth tissue moves down slowly in a fan."""

    def make(
        seed: int, frames: int = 24, height: int = 240, width: int = 320, gain: int = 60
    ) -> Video:
        rng = np.random.default_rng(seed)
        field = rng.normal(size=(height + 2 * frames, width))
        tissue = sum(
            cv2.GaussianBlur(field, (0, 0), sigma) * sigma * weight
            for sigma, weight in ((5, 1), (14, 2), (30, 2))
        )
        tissue = np.clip(80 + gain * tissue / tissue.std(), 0, 220) * 0.9
        mask = fan_mask(height, width)
        video = np.zeros((frames, height, width, 3), np.uint8)
        for number in range(frames):
            shown = tissue[2 * number : 2 * number + height] * mask
            video[number] = shown[..., None].astype(np.uint8)
        return video

    return make


@pytest.fixture
def rows() -> Callable[..., Segment]:
    """A maker of rows of a manifest: patient, zone, score, and what is given by name."""

    def make(
        patient: str = "a", zone: str = "R1", score: int | None = 0, **given: object
    ) -> Segment:
        clip = str(given.pop("clip", f"{patient}_{zone}_{score}.mp4"))
        exam = str(given.pop("exam", "1"))
        return Segment(clip, patient, exam, zone, score, **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def found_in_rows(tmp_path: Path) -> Callable[..., dict[str, Finding]]:
    """Findings by code about rows alone; no clip exists."""

    def find(
        segments: Sequence[Segment],
        digests: dict[str, str] | None = None,
        ratings: Sequence[Rating] = (),
        **card: object,
    ) -> dict[str, Finding]:
        card = {"label_level": "frame", **card}
        told = Card("rows", "blue-6", str(card.pop("rubric", "soldati-2020")), **card)  # type: ignore[arg-type]
        cohort = write_cohort(tmp_path / "rows", told, segments, ratings)
        return by_code(quick_findings(cohort, digests))

    return find


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Verdict]:
    """Write videos and rows as a cohort and check it in full."""

    def run(
        clips: dict[str, Video | Path],
        segments: Sequence[Segment],
        *,
        pictures: bool = False,
        **card: object,
    ) -> Verdict:
        folder = tmp_path / "data" / "real"
        folder.mkdir(parents=True)
        for name, video in clips.items():
            if isinstance(video, Path):
                (folder / name).write_bytes(video.read_bytes())
            else:
                write_video(folder / name, video)
        card = {"rubric": "soldati-2020", "label_level": "frame", **card}
        write_cohort(folder, Card("real", "blue-6", **card), segments)  # type: ignore[arg-type]

        def read(check_files: bool) -> Cohort:
            return read_cohort(folder, check_files=check_files)

        return check_cohort("real", read, tmp_path / "features", pictures=pictures)

    return run


def by_code(findings: Sequence[Finding]) -> dict[str, Finding]:
    codes = [finding.code for finding in findings]
    assert len(codes) == len(set(codes)), codes
    return {finding.code: finding for finding in findings}
