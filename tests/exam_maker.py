"""Scored exams as plain data, with seeded maps and drawn pictures: no network is run."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lusscore import __version__
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.evaluation.predictions import predicted_scores
from lusscore.evaluation.rules import Rule
from lusscore.models import Bundle, OODDetector
from lusscore.scoring.exam import (
    ClipPrediction,
    Evidence,
    ExamClip,
    Pictures,
    ScoredClip,
    ScoredExam,
    assemble_exam,
)
from lusscore.scoring.pictures import letterbox_window

HEIGHT, WIDTH, GRID, INPUT = 120, 160, 7, 224
OUTLINE = ((0.42, 0.02), (0.58, 0.02), (0.98, 0.82), (0.5, 0.98), (0.02, 0.82))

CARD: dict[str, Any] = {
    "Intended use": [
        "Research on lung ultrasound severity scores.",
        "Not for decisions about patients.",
    ],
    "Training cohort": {
        "Name": "drawn-clips",
        "Patients": 24,
        "Clips": 120,
        "Devices": {"convex": 18, "phased": 6},
        "Licence": None,
    },
    "Performance": {
        "How it was measured": "Five folds, no patient in two of them.",
        "Clips": [
            {"measure": "accuracy", "value": 0.71, "95 % interval": "[0.62, 0.79]"},
            {"measure": "quadratic kappa", "value": 0.8, "95 % interval": "[0.70, 0.87]"},
        ],
    },
    "Calibration": {"Expected calibration error": 0.043, "Temperature": 1.31},
    "Limitations": ["One hospital.", "Children were not examined."],
}


def make_exam_bundle(protocol: str = "lus-12", **changes: Any) -> Bundle:
    """Make a bundle that says all that a report tells of it, and cannot score.

    Parameters
    ----------
    changes
        Fields of :class:`lusscore.models.Bundle` to have other values.
    """
    known = np.zeros(2, np.float32)
    bundle = Bundle(
        id="0123456789abcdef0123456789abcdef",
        name="drawn-clips",
        created="2026-01-02T03:04:05+00:00",
        lusscore=__version__,
        protocol=protocol,
        rubric="soldati-2020",
        label_level="clip",
        synthetic=False,
        extraction=ExtractionSettings(FramesPolicy("all"), variants=0, dtype="float32"),
        networks={},
        members=(),
        temperature=1.0,
        clip_rule=Rule.parse("mean-probability"),
        zone_rule=Rule.parse("mean-probability"),
        least_confidence=0.5,
        coverage=0.8,
        ood=OODDetector(known, np.zeros((2, 1), np.float32), np.ones(1, np.float32), 1, 1, 0.01),
        card=CARD,
        digest="fedcba98" * 8,
    )
    return replace(bundle, **changes)


def make_exam(protocol: str = "lus-12", *, name: str = "Ward 7", seed: int = 0) -> ScoredExam:
    """Make an exam with all that can befall one, of any protocol with at least six zones.

    Its clips, by number: 1 plain; 2 and 3 two clips of the second zone with different scores; 4
    of low confidence, to be reviewed; 5 out of distribution, evidence approximate and mostly
    outside; 6 without a known zone; 7 could not be read; 8 without times, sector or any evidence.
    """
    bundle = make_exam_bundle(protocol)
    zones = bundle.zones().zone_names
    rng = np.random.default_rng(seed)
    far = ("Out of distribution: the OOD score is 2.60.",)
    low = (
        "Low confidence: the score has a probability of 0.41, below the review threshold of 0.50.",
    )
    clips = (
        scored(1, zones[0], make_prediction(rng, 0)),
        scored(2, zones[1], make_prediction(rng, 1)),
        scored(3, zones[1], make_prediction(rng, 2), source="table"),
        scored(4, zones[2], make_prediction(rng, 2, review=low, sureness=0.41)),
        scored(
            5,
            zones[4],
            make_prediction(
                rng, 3, review=far, ood_score=2.6, note="the head's hidden layer is linearised"
            ),
            source="DICOM",
        ),
        scored(6, "", make_prediction(rng, 1), source=""),
        failed(7, zones[5], "The file ends in the middle of its header."),
        scored(8, zones[3], make_prediction(rng, 1, frames=1, plain=True), source="person"),
    )
    return assemble_exam(bundle, name, clips)


def make_small_exam(
    clips: Sequence[ScoredClip], protocol: str = "lus-12", name: str = ""
) -> ScoredExam:
    """Join clips of one's own choice to an exam."""
    return assemble_exam(make_exam_bundle(protocol), name, clips)


def scored(
    number: int, zone: str, reading: ClipPrediction, *, source: str = "file name", path: str = ""
) -> ScoredClip:
    """Make a clip that was scored."""
    file = Path(path or f"exams/Jane Roe/scan-{number}.mp4")
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return ScoredClip(number, ExamClip(file, zone, source if zone else ""), digest, reading)


def failed(number: int, zone: str, error: str, *, path: str = "") -> ScoredClip:
    """Make a clip that could not be scored."""
    file = Path(path or f"exams/Jane Roe/scan-{number}.mp4")
    return ScoredClip(number, ExamClip(file, zone, "folder" if zone else ""), error=error)


def make_prediction(
    rng: np.random.Generator,
    score: int,
    *,
    frames: int = 9,
    sureness: float = 0.8,
    ood_score: float = 0.6,
    review: tuple[str, ...] = (),
    note: str = "",
    plain: bool = False,
) -> ClipPrediction:
    """Make what a scorer says of a clip.

    Parameters
    ----------
    sureness
        Mean probability of `score` over the frames.
    note
        Why the evidence is approximate; empty for exact evidence.
    plain
        Without times, sector and anything that speaks for the score.
    """
    probabilities = _frame_probabilities(rng, score, frames, sureness)
    maps = np.zeros((frames, 1, 1, 4), np.float32) if plain else _maps(rng, score, frames, note)
    bias = rng.normal(0, 0.1, 4)
    times = np.arange(frames, dtype=np.float64) * (np.nan if plain else 0.12)
    means = probabilities.mean(axis=0)
    key = int(np.argmax(probabilities[:, score]))
    return ClipPrediction(
        score,
        means,
        float(means[score]),
        ood_score,
        review,
        np.arange(frames) * 3,
        times,
        probabilities,
        predicted_scores(probabilities),
        key,
        Evidence(
            maps,
            bias,
            maps.mean(axis=(1, 2), dtype=np.float64) + bias,
            not note,
            note,
            _outside(maps, score),
        ),
        make_pictures(rng, frames, () if plain else OUTLINE),
    )


def make_pictures(
    rng: np.random.Generator, frames: int, outline: tuple[tuple[float, float], ...] = OUTLINE
) -> Pictures:
    """Draw a picture of speckle in a sector for every frame."""
    return Pictures(
        tuple(_speckle(rng) for _ in range(frames)),
        np.arange(frames),
        HEIGHT,
        WIDTH,
        outline,
        letterbox_window(HEIGHT, WIDTH, (INPUT, INPUT)),
    )


def _frame_probabilities(
    rng: np.random.Generator, score: int, frames: int, sureness: float
) -> NDArray[np.float64]:
    rest = rng.dirichlet(np.ones(3), frames)
    own = np.clip(sureness + rng.normal(0, 0.05, (frames, 1)) * (frames > 1), 0.05, 0.95)
    return np.insert((1 - own) * rest, score, own[:, 0], axis=1)


def _maps(rng: np.random.Generator, score: int, frames: int, note: str) -> NDArray[np.float32]:
    """Make maps with a spot for the score that wanders: in the middle, or at the upper edge."""
    rows, columns = np.mgrid[:GRID, :GRID]
    maps = rng.normal(0, 0.3, (frames, GRID, GRID, 4))
    for frame in range(frames):
        row, column = (0.0 if note else 3.0), 3 + np.sin(frame / 3)
        spot = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 3)
        maps[frame, :, :, score] += 6 * spot
    return maps.astype(np.float32)


def _outside(maps: NDArray[np.float32], score: int) -> float:
    """Share of what speaks for a score that lies in the outermost cells; NaN where nothing does."""
    speaks = np.maximum(maps[..., score] - maps.mean(axis=-1), 0).sum(axis=0)
    total = float(speaks.sum())
    return 1 - float(speaks[1:-1, 1:-1].sum()) / total if total else float("nan")


def _speckle(rng: np.random.Generator) -> bytes:
    grey = rng.gamma(2, 22, (HEIGHT, WIDTH)).clip(0, 255).astype(np.uint8)
    mask = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(mask).polygon([(x * WIDTH, y * HEIGHT) for x, y in OUTLINE], fill=255)
    grey[np.asarray(mask) == 0] = 0
    coded = io.BytesIO()
    Image.fromarray(grey).convert("RGB").save(coded, "JPEG", quality=60)
    return coded.getvalue()
