"""What scoring an exam gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ExamClip:
    """A clip of an exam before it is scored.

    Attributes
    ----------
    path
        Of the file, or of the folder of images.
    zone
        The protocol's name of the zone; empty where it is not known.
    zone_source
        What told the zone: ``"table"``, ``"file name"``, ``"folder"``, ``"DICOM"`` or
        ``"person"``; empty where nothing did.
    """

    path: Path
    zone: str = ""
    zone_source: str = ""


@dataclass(frozen=True)
class Evidence:
    """Which part of each frame speaks for which score (class activation maps).

    Attributes
    ----------
    maps
        float32, shape (frames, rows, columns, 4): over the square that the network sees, from the
        upper left. The mean of a frame's map over rows and columns, plus `bias`, is `logits`.
    bias
        float64, shape (4,).
    logits
        float64, shape (frames, 4): softmax of them is the frame's probabilities, exactly where
        `exact` holds.
    exact
        Whether the maps add up to what the scorer answers.
    note
        Why they are approximate; empty where they are exact.
    outside
        Share, 0–1, of what speaks for the clip's score that lies outside the sector; NaN where
        nothing does or the sector is not known.
    """

    maps: NDArray[np.float32] = field(repr=False)
    bias: NDArray[np.float64] = field(repr=False)
    logits: NDArray[np.float64] = field(repr=False)
    exact: bool
    note: str
    outside: float


@dataclass(frozen=True)
class Pictures:
    """What of the frames is shown: the sector alone, as the network sees it, but in full size.

    Attributes
    ----------
    jpegs
        One per frame shown.
    rows
        int64, shape (pictures,): which of the scored frames each one is, rising.
    height, width
        Of all of them, in pixels.
    outline
        Corners (x, y) of the sector as fractions of width and height; empty where it is not known.
    window
        (left, top, right, bottom) of the pictures in the square that the network sees, as
        fractions of its sides: the rest of the square is black.
    """

    jpegs: tuple[bytes, ...] = field(repr=False)
    rows: NDArray[np.int64]
    height: int
    width: int
    outline: tuple[tuple[float, float], ...]
    window: tuple[float, float, float, float]


@dataclass(frozen=True)
class ClipPrediction:
    """What the scorer says of a clip.

    Attributes
    ----------
    score
        0–3, by the bundle's rule from the frames.
    probabilities
        Of the scores 0–3, calibrated, float64, shape (4,).
    confidence
        The probability of `score`.
    distance
        From the training cohort; above 1 the clip is unlike any that the scorer knows.
    review
        Why a person should look before believing it, as sentences; empty where nothing speaks
        against it.
    frames
        Numbers of the scored frames in the clip, int64, shape (frames,).
    times
        Their seconds, float64, shape (frames,); NaN where the clip has no times.
    frame_probabilities
        float64, shape (frames, 4).
    frame_scores
        int64, shape (frames,).
    key_frame
        Which of the scored frames shows best what the score rests on: a place in `frames`.
    evidence, pictures
        To look at.
    """

    score: int
    probabilities: NDArray[np.float64]
    confidence: float
    distance: float
    review: tuple[str, ...]
    frames: NDArray[np.int64]
    times: NDArray[np.float64]
    frame_probabilities: NDArray[np.float64]
    frame_scores: NDArray[np.int64]
    key_frame: int
    evidence: Evidence
    pictures: Pictures


@dataclass(frozen=True)
class ScoredClip:
    """A clip of an exam.

    Attributes
    ----------
    number
        From 1, in the order given.
    clip
        What was scored.
    digest
        SHA-256 of its media bytes; empty if they could not be read.
    reading
        None if it could not be scored.
    error
        Why not, else empty.
    """

    number: int
    clip: ExamClip
    digest: str = ""
    prediction: ClipPrediction | None = None
    error: str = ""


@dataclass(frozen=True)
class ScoredZone:
    """A zone of an exam that has at least one scored clip.

    Attributes
    ----------
    zone, label
        The protocol's name, and the zone in full words.
    clips
        Numbers of its clips.
    score
        0–3, by the bundle's rule from the frames of all its clips.
    probabilities
        Calibrated, float64, shape (4,).
    review
        Why a person should look, as sentences, of all its clips.
    """

    zone: str
    label: str
    clips: tuple[int, ...]
    score: int
    probabilities: NDArray[np.float64]
    review: tuple[str, ...]


@dataclass(frozen=True)
class ScoredExam:
    """An exam, scored.

    Attributes
    ----------
    name
        What the user calls it; never taken from files.
    clips
        In order, those that failed too.
    zones
        In the protocol's order, those with a score.
    total
        Sum of the zones' scores: the global score of the zones that were examined.
    lowest, highest
        What it could be if the zones without a score had 0, or 3; `lowest` is `total`.
    zones_of_protocol, maximum
        How many zones the protocol has, and the highest global score.
    protocol
        Its name.
    notes
        What the reader must know of the exam as a whole, as sentences.
    """

    name: str
    clips: tuple[ScoredClip, ...]
    zones: tuple[ScoredZone, ...]
    total: int
    lowest: int
    highest: int
    zones_of_protocol: int
    maximum: int
    protocol: str
    notes: tuple[str, ...] = ()
