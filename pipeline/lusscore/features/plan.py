"""What stage one has to hold: the frames of every clip and where their embeddings go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.features.file.layout import PlannedClip
from lusscore.features.media import Media

MEDIA_NAME = "media.json"


def feature_path(features_dir: Path, cohort: Cohort, backbone: str) -> Path:
    """Return where the embeddings of a cohort and backbone lie."""
    return features_dir / cohort.name / f"{backbone}.h5"


def media_path(features_dir: Path, cohort: Cohort) -> Path:
    """Return where the cohort's clips are remembered."""
    return features_dir / cohort.name / MEDIA_NAME


def aside_path(path: Path, fingerprint: str) -> Path:
    """Return where a feature file is kept when its settings are no longer the card's."""
    return path.parent / "aside" / f"{path.stem}-{fingerprint[:12]}.h5"


def plan_clips(media: Sequence[Media], settings: ExtractionSettings) -> list[PlannedClip]:
    """Choose the frames of every clip by the card's frames policy."""
    return [
        PlannedClip(
            clip.clip,
            clip.digest,
            select_frames(clip, settings),
            clip.error,
            clip.stamp,
            clip.sector,
        )
        for clip in media
    ]


def select_frames(clip: Media, settings: ExtractionSettings) -> NDArray[np.int64]:
    """Pick the frames of a clip: int64, shape (selected,), increasing.

    Frames that repeat the one before are taken out first where the settings say so.
    """
    usable = np.arange(clip.frames)
    if settings.repeated == "drop":
        usable = np.setdiff1d(usable, clip.repeats)
    times = clip.clock.times(clip.frames)[usable]
    chosen: NDArray[np.int64] = usable[settings.frames.select(len(usable), times)]
    return chosen.astype(np.int64)
