"""Makes labelled cohorts with embeddings in memory, with or without a signal in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Card, Cohort, ExtractionSettings, Segment
from lusscore.cohort.protocols import get_protocol
from lusscore.evaluation.dataset import LabelledCohort, join_labels
from lusscore.features import EMBEDDING, Features, make_recipe, make_selection

BACKBONE = "efficientnet_lite0"


def make_labelled(
    patients: int = 8,
    *,
    name: str = "made",
    frames: int = 3,
    zones: int = 2,
    dimensions: int = 12,
    noise: float = 0.3,
    seed: int = 0,
    protocol: str = "blue-6",
    rubric: str = "soldati-2020",
    label_level: str = "clip",
    extraction: ExtractionSettings | None = None,
    weights: str = "w",
    digest: Callable[[int, int], str] | None = None,
    score: Callable[[int, int], int | None] = lambda patient, zone: (patient + zone) % 4,
    group: Callable[[int], str] = lambda patient: "covid" if patient % 2 else "healthy",
    device: Callable[[int, int], str] = lambda patient, zone: f"device {patient % 3}",
) -> LabelledCohort:
    """Make patients p0, p1, … with a clip per zone whose embeddings show the score.

    `score`, `device` and `digest` take the numbers of patient and zone. Embeddings are a corner
    per score and noise around it.
    """
    extraction = extraction or ExtractionSettings(variants=1)
    rng = np.random.default_rng(seed)
    zone_names = get_protocol(protocol).zone_names
    corners = 3 * np.eye(4, dimensions)
    segments, embeddings, digests = [], [], []
    for patient in range(patients):
        for zone in range(zones):
            value = score(patient, zone)
            segments.append(
                Segment(
                    f"p{patient}_{zone}.mp4", f"p{patient}", "1", zone_names[zone], value,
                    group=group(patient), device=device(patient, zone),
                )
            )  # fmt: skip
            shape = (frames, 1 + extraction.variants, dimensions)
            embeddings.append(corners[value or 0] + rng.normal(0, noise, shape))
            digests.append(digest(patient, zone) if digest else f"{name} {seed} {patient} {zone}")
    cohort = Cohort(
        Path(name),
        Card(name, protocol, rubric, label_level=label_level, extraction=extraction),
        tuple(segments),
    )
    recipe = make_recipe(spec(), weights, extraction, "f32")
    features = Features(
        path=Path(name) / f"{BACKBONE}.h5",
        digest="f" * 64,
        recipe=recipe,
        selection=make_selection(spec(), extraction) | {"layers": {EMBEDDING: dimensions}},
        attrs={"engine": "made"},
        embeddings=np.concatenate(embeddings).astype(np.float32),
        levels={},
        clip=np.repeat(np.arange(len(segments), dtype=np.int32), frames),
        frame=np.tile(np.arange(frames, dtype=np.int32), len(segments)),
        time=np.zeros(frames * len(segments), np.float32),
        paths=tuple(segment.clip for segment in segments),
        digests=tuple(digests),
        errors=("",) * len(segments),
    )
    return LabelledCohort(cohort, join_labels(cohort, [features]))


def spec() -> BackboneSpec:
    """The backbone that the embeddings claim to be of."""
    return get_backbone(BACKBONE)
