"""A scored exam: clips with predictions, zones, the global score, and what a reader must know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.errors import ExamError
from lusscore.evaluation import Rule
from lusscore.models import Bundle
from lusscore.wording import are, have, plural

# Probabilities that are shown as the same number do not contradict each other.
_SHOWN_ALIKE = 0.005


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
        Where the zone comes from: ``"table"``, ``"file name"``, ``"folder"``, ``"DICOM"`` or
        ``"person"``; empty where it is not known.
    """

    path: Path
    zone: str = ""
    zone_source: str = ""


@dataclass(frozen=True)
class Evidence:
    """Class activation maps of the four scores.

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
        Whether the maps sum to the model output.
    note
        Why they are approximate; empty where they are exact.
    outside
        Share, 0–1, of the evidence for the clip's score that lies outside the sector; NaN where
        there is none or the sector is not known.
    """

    maps: NDArray[np.float32] = field(repr=False)
    bias: NDArray[np.float64] = field(repr=False)
    logits: NDArray[np.float64] = field(repr=False)
    exact: bool
    note: str
    outside: float


@dataclass(frozen=True)
class Pictures:
    """Frames to look at: the sector alone, as the network sees it, but in full size.

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
    """What the model predicts for a clip.

    Attributes
    ----------
    score
        0–3, by the model's rule from the frames.
    probabilities
        Of the scores 0–3, calibrated, float64, shape (4,).
    confidence
        The probability of `score`.
    ood_score
        Above 1 the clip is out of distribution: unlike the training data.
    review
        Warnings, as sentences: why a person should look at the clip. Empty without any.
    frames
        Numbers of the scored frames in the clip, int64, shape (frames,).
    times
        Their seconds, float64, shape (frames,); NaN where the clip has no times.
    frame_probabilities
        float64, shape (frames, 4).
    frame_scores
        int64, shape (frames,).
    key_frame
        The frame with the most evidence for the score: an index into `frames`.
    evidence, pictures
        To look at.
    """

    score: int
    probabilities: NDArray[np.float64]
    confidence: float
    ood_score: float
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
    prediction
        None if it could not be scored.
    error
        Why it could not be read, else empty.
    unscored
        Why it was read and has no score all the same, else empty.
    """

    number: int
    clip: ExamClip
    digest: str = ""
    prediction: ClipPrediction | None = None
    error: str = ""
    unscored: str = ""

    @property
    def reason(self) -> str:
        """Why there is no score; empty where there is one."""
        return self.error or self.unscored


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
        0–3, by the model's rule from the frames of all its clips.
    probabilities
        Calibrated, float64, shape (4,).
    review
        Warnings of all its clips and its own, as sentences.
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


def assemble_exam(bundle: Bundle, name: str, clips: Sequence[ScoredClip]) -> ScoredExam:
    """Join scored clips, and those that failed, to an exam; no network is run.

    The frames of all clips of a zone are joined by the bundle's rule. Zones without a clip are
    never imputed: the global score has bounds instead.

    Raises
    ------
    ExamError
        If a clip's zone is not one of the protocol.
    """
    protocol = bundle.zones()
    unknown = sorted({clip.clip.zone for clip in clips} - {"", *protocol.zone_names})
    if unknown:
        allowed = ", ".join(protocol.zone_names)
        raise ExamError(f"{unknown[0]!r} is not a zone of {protocol.name}; expected {allowed}.")
    zones = []
    for zone in protocol.zones:
        mine = [clip for clip in clips if clip.clip.zone == zone.name and clip.prediction]
        if mine:
            zones.append(_score_zone(bundle, zone.name, zone.label, mine))
    total = sum(zone.score for zone in zones)
    unscored = len(protocol.zones) - len(zones)
    return ScoredExam(
        name,
        tuple(clips),
        tuple(zones),
        total,
        total,
        total + MAXIMUM_ZONE_SCORE * unscored,
        len(protocol.zones),
        protocol.maximum,
        protocol.name,
        tuple(_notes(bundle, clips, unscored if zones else 0)),
    )


def _score_zone(bundle: Bundle, name: str, label: str, clips: Sequence[ScoredClip]) -> ScoredZone:
    predictions = [clip.prediction for clip in clips if clip.prediction is not None]
    frames = np.concatenate([prediction.frame_probabilities for prediction in predictions])
    score, probabilities = bundle.zone_rule.score(frames)
    several = len(clips) > 1
    review = [
        f"Clip {clip.number}: {warning}" if several else warning
        for clip, prediction in zip(clips, predictions, strict=True)
        for warning in prediction.review
    ]
    if len({prediction.score for prediction in predictions}) > 1:
        scores = ", ".join(str(prediction.score) for prediction in predictions)
        review.append(f"Clips disagree: their scores are {scores}.")
    if several:
        review += not_most_probable(bundle.zone_rule, score, probabilities)
    numbers = tuple(clip.number for clip in clips)
    return ScoredZone(name, label, numbers, score, probabilities, tuple(review))


def not_most_probable(rule: Rule, score: int, probabilities: NDArray[np.float64]) -> list[str]:
    """Warn if another score is more probable than the one that the rule gives."""
    likeliest = int(probabilities.argmax())
    if probabilities[likeliest] <= probabilities[score] + _SHOWN_ALIKE:
        return []
    return [
        f"Not the most probable score: the rule {rule.name} gives {score}, but {likeliest} is more "
        f"probable ({probabilities[likeliest]:.2f})."
    ]


def _notes(bundle: Bundle, clips: Sequence[ScoredClip], unscored: int) -> Iterator[str]:
    if bundle.synthetic:
        yield (
            "The model was trained on a phantom: on synthetic images, without any patient. Its "
            "scores say nothing about patients."
        )
    if failed := sum(bool(clip.error) for clip in clips):
        yield f"{plural(failed, 'clip')} could not be scored."
    if blank := sum(bool(clip.unscored) for clip in clips):
        yield f"{plural(blank, 'clip')} {have(blank)} blank pictures and no score."
    if bundle.extraction.contrast != "none":
        yield (
            f"Images are shown with the contrast that the model sees ({bundle.extraction.contrast})"
            ", not as recorded: signs look stronger."
        )
    if bundle.scores_whole_clips:
        yield "The model scores each clip as a whole: single frames have no score of their own."
    if without := sum(clip.prediction is not None and not clip.clip.zone for clip in clips):
        yield (
            f"{plural(without, 'clip')} {have(without)} no known zone and {are(without)} not part "
            "of the global score."
        )
    if unscored:
        was = "was" if unscored == 1 else "were"
        yield f"{plural(unscored, 'zone')} {was} not scored; no missing score was imputed."
