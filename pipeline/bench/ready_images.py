"""All images of a cohort in memory, decoded and augmented as stage one does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import Cohort
from lusscore.features import Chunk, MediaIndex, PlannedClip, plan_clip, stream_clips


@dataclass(frozen=True)
class ReadyFrames:
    """Frames that are ready for a network.

    Attributes
    ----------
    images
        uint8, shape (frames, 1 + variants, height, width, 3), in the order of the manifest.
    clip, index
        int64, shape (frames,): place of the clip in `clips`, frame number in it.
    clips
        The clips.
    """

    images: NDArray[np.uint8]
    clip: NDArray[np.int64]
    index: NDArray[np.int64]
    clips: tuple[PlannedClip, ...]

    @property
    def flat(self) -> NDArray[np.uint8]:
        """The images in a row: uint8, shape (frames × (1 + variants), height, width, 3)."""
        return self.images.reshape(-1, *self.images.shape[2:])


def plan_cohort(cohort: Cohort, features_dir: Path) -> list[PlannedClip]:
    """Look at the cohort's clips, or remember them from `features_dir`."""
    media = MediaIndex(cohort, features_dir).survey_all()
    return [plan_clip(one, cohort.card.extraction) for one in media]


def read_images(cohort: Cohort, features_dir: Path, size: tuple[int, int]) -> ReadyFrames:
    """Decode and augment all frames of a cohort.

    Parameters
    ----------
    cohort
        Whose clips; all must be readable.
    features_dir
        Folder in which the clips' digests are remembered.
    size
        (height, width) in pixels.
    """
    settings = cohort.card.extraction
    clips = plan_cohort(cohort, features_dir)
    sources = ((clip, cohort.clip_path(clip.path), [size]) for clip in clips)
    chunks = [
        item.images[size] for item in stream_clips(sources, settings, 16) if isinstance(item, Chunk)
    ]
    counts = [len(clip.frames) for clip in clips]
    return ReadyFrames(
        np.concatenate(chunks),
        np.repeat(np.arange(len(clips)), counts),
        np.concatenate([clip.frames for clip in clips]),
        tuple(clips),
    )
