"""Cohorts to measure with: phantoms, and clips so small that all else shows."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from lusscore.cohort import (
    Card,
    Cohort,
    ExtractionSettings,
    FramesPolicy,
    PhantomSettings,
    Segment,
    get_protocol,
    read_cohort,
    write_cohort,
    write_phantom,
)

_PROTOCOL = "lus-12"
CLIPS_PER_PATIENT = 12
LEAST_FRAMES_PER_CLIP = 2


def make_phantom(
    root: Path, patients: int, frames: int, *, variants: int = 3, dtype: str = "float16"
) -> Cohort:
    """Render a phantom cohort, or read it where it was rendered before.

    Parameters
    ----------
    root
        Folder of cohorts.
    patients
        Patients, of 12 clips each.
    frames
        Frames in all, rounded up so that every clip has the same number and at least 2.
    variants
        Augmented copies of each.
    dtype
        Type in which embeddings are stored.
    """
    per_clip = max(LEAST_FRAMES_PER_CLIP, math.ceil(frames / (patients * CLIPS_PER_PATIENT)))
    name = f"phantom-{patients}-{per_clip}-{variants}-{dtype}"
    if (root / name).is_dir():
        return read_cohort(root / name)
    extraction = ExtractionSettings(FramesPolicy("all"), variants=variants, dtype=dtype)
    settings = PhantomSettings(patients, frames=per_clip, extraction=extraction, name=name)
    return write_phantom(root / name, settings, jobs=1)


def make_small_clips(root: Path, clips: int, frames: int, *, size: int = 64) -> Cohort:
    """Write a cohort of small clips without augmentation, each with a content of its own.

    Parameters
    ----------
    root
        Folder of cohorts.
    clips
        Clips.
    frames
        Frames of each.
    size
        Height and width in pixels.
    """
    name = f"small-clips-{clips}-{frames}"
    folder = root / name
    (folder / "clips").mkdir(parents=True)
    zones = get_protocol(_PROTOCOL).zone_names
    segments = []
    for number in range(clips):
        clip = f"clips/{number:05d}.mp4"
        _write_small_clip(folder / clip, number, frames, size)
        patient = f"generated-{number // len(zones)}"
        segments.append(Segment(clip, patient, "1", zones[number % len(zones)], number % 4))
    card = Card(
        name,
        _PROTOCOL,
        "unknown",
        description="Generated noise.",
        synthetic=True,
        extraction=ExtractionSettings(FramesPolicy("all"), variants=0),
    )
    return write_cohort(folder, card, segments)


def _write_small_clip(path: Path, seed: int, frames: int, size: int) -> None:
    """Encode noise that moves down, as MPEG-4, which takes little time."""
    import av

    noise = np.random.default_rng(seed).integers(0, 256, (size, size, 1), dtype=np.uint8)
    noise = noise.repeat(3, axis=2)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            image = np.roll(noise, number, axis=0)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
