"""From clips to zones and the global score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.errors import ExamError
from lusscore.models import Bundle
from lusscore.scoring.review import rule_beside_probabilities
from lusscore.scoring.scored import ScoredClip, ScoredExam, ScoredZone
from lusscore.wording import plural


def assemble_exam(bundle: Bundle, name: str, clips: Sequence[ScoredClip]) -> ScoredExam:
    """Join scored clips to an exam; no network is run.

    The frames of all clips of a zone are joined by the bundle's rule. Zones without a clip are
    never imputed: the global score has bounds instead.

    Parameters
    ----------
    bundle
        Has the protocol and the rule.
    name
        What the user calls the exam.
    clips
        In order, those that failed too.

    Raises
    ------
    ExamError
        If a clip's zone is not one of the protocol.
    """
    protocol = bundle.zones()
    unknown = sorted({clip.clip.zone for clip in clips} - {"", *protocol.zone_names})
    if unknown:
        raise ExamError(
            f"{unknown[0]!r} is no zone of {protocol.name}; expected one of "
            f"{', '.join(protocol.zone_names)}."
        )
    zones = []
    for zone in protocol.zones:
        mine = [
            clip for clip in clips if clip.clip.zone == zone.name and clip.prediction is not None
        ]
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
        tuple(_notes(bundle, clips, zones, unscored)),
    )


def _score_zone(bundle: Bundle, name: str, label: str, clips: Sequence[ScoredClip]) -> ScoredZone:
    readings = [clip.prediction for clip in clips if clip.prediction is not None]
    frames = np.concatenate([reading.frame_probabilities for reading in readings])
    score, probabilities = bundle.zone_rule.score(frames)
    several = len(clips) > 1
    review = [
        f"Clip {clip.number}: {reason}" if several else reason
        for clip, reading in zip(clips, readings, strict=True)
        for reason in reading.review
    ]
    if len({reading.score for reading in readings}) > 1:
        told = ", ".join(str(reading.score) for reading in readings)
        review.append(f"Its clips have different scores: {told}.")
    differs = rule_beside_probabilities(bundle.zone_rule, score, probabilities)
    if differs and several:
        review.append(differs)
    return ScoredZone(
        name, label, tuple(clip.number for clip in clips), score, probabilities, tuple(review)
    )


def _notes(
    bundle: Bundle, clips: Sequence[ScoredClip], zones: Sequence[ScoredZone], unscored: int
) -> list[str]:
    notes = []
    if bundle.synthetic:
        notes.append(
            "The scorer was trained on a phantom: on computed images, of no patient. Its scores "
            "say nothing about patients."
        )
    failed = sum(1 for clip in clips if clip.prediction is None)
    if failed:
        notes.append(plural(failed, "clip could", "clips could") + " not be scored.")
    if bundle.extraction.contrast != "none":
        notes.append(
            "Pictures have the contrast that the scorer sees "
            f"({bundle.extraction.contrast}), not the one that was recorded: signs look stronger."
        )
    if bundle.scores_whole_clips:
        notes.append(
            "The scorer looks at each clip as a whole: its frames have no scores of their own."
        )
    homeless = sum(1 for clip in clips if clip.prediction is not None and not clip.clip.zone)
    if homeless:
        notes.append(
            plural(homeless, "clip has", "clips have")
            + " no known zone and no part in the global score."
        )
    if zones and unscored:
        notes.append(
            plural(unscored, "zone was", "zones were")
            + " not scored; nothing was filled in for what is missing."
        )
    return notes
