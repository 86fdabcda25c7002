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
ZONES = ("R1", "R2", "R3", "L1", "L2", "L3")


@pytest.fixture
def drifting_clip() -> Callable[..., Video]:
    """A maker of clips in which smooth tissue moves down slowly in a fan."""

    def make(
        seed: int, frames: int = 24, height: int = 240, width: int = 320, text: str = ""
    ) -> Video:
        rng = np.random.default_rng(seed)
        field = rng.normal(size=(height + 2 * frames, width))
        tissue = sum(
            cv2.GaussianBlur(field, (0, 0), sigma) * sigma * weight
            for sigma, weight in ((5, 1), (14, 2), (30, 2))
        )
        tissue = np.clip(80 + 60 * tissue / tissue.std(), 0, 220) * 0.9
        mask = fan_mask(height, width)
        video = np.zeros((frames, height, width, 3), np.uint8)
        for number, rgb in enumerate(video):
            rgb[:] = (tissue[2 * number : 2 * number + height] * mask)[..., None].astype(np.uint8)
            if text:  # on the tissue
                font = cv2.FONT_HERSHEY_SIMPLEX
                cv2.putText(rgb, text, (140, 170), font, 0.7, (255, 255, 255), 2)
        return video

    return make


@pytest.fixture
def rows() -> Callable[..., Segment]:
    """A maker of rows of a manifest: patient, zone, score, and what is given by name."""

    def make(
        patient: str = "a", zone: str = "R1", score: int | None = 0, **given: object
    ) -> Segment:
        clip = str(given.pop("clip", f"{patient}_{zone}_{score}.mp4"))
        return Segment(clip, patient, "1", zone, score, **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def sound(rows: Callable[..., Segment]) -> list[Segment]:
    """Six patients with all zones, all scores, two groups: nothing to warn of."""
    return [
        rows(patient, zone, (number + place) % 4, group="covid" if number % 2 else "healthy")
        for number, patient in enumerate("abcdef")
        for place, zone in enumerate(ZONES)
    ]


@pytest.fixture
def found_in_rows(tmp_path: Path) -> Callable[..., dict[str, Finding]]:
    """Findings by code about rows alone; no clip exists."""

    def find(
        segments: Sequence[Segment],
        digests: dict[str, str] | None = None,
        ratings: Sequence[Rating] = (),
        **card: object,
    ) -> dict[str, Finding]:
        card = {"rubric": "soldati-2020", "label_level": "frame", **card}
        described = Card("rows", "blue-6", **card)  # type: ignore[arg-type]
        cohort = write_cohort(tmp_path / "rows", described, segments, ratings)
        findings = quick_findings(cohort, digests)
        found = {finding.code: finding for finding in findings}
        assert len(found) == len(findings)
        return found

    return find


@pytest.fixture
def check_at() -> Callable[..., Verdict]:
    """Check the cohort of a folder."""

    def run(folder: Path, features_dir: Path | None, *, pictures: bool = False) -> Verdict:
        def read(check_files: bool) -> Cohort:
            return read_cohort(folder, check_files=check_files)

        return check_cohort(folder.name, read, features_dir, pictures=pictures)

    return run


@pytest.fixture
def check(tmp_path: Path, check_at: Callable[..., Verdict]) -> Callable[..., Verdict]:
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
        return check_at(folder, tmp_path / "features", pictures=pictures)

    return run
