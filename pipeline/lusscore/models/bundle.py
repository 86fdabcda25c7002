"""A trained scorer as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec
from lusscore.cohort import ExtractionSettings, Protocol, get_protocol
from lusscore.evaluation import FeatureSet, Rule
from lusscore.heads import Head

SCHEMA = 1


@dataclass(frozen=True)
class Network:
    """A backbone of a bundle.

    Attributes
    ----------
    spec
        The backbone, with the levels that stage one kept.
    weights_digest
        SHA-256 of the weights it was trained on top of.
    graph, graph_weights
        The network in OpenVINO's format, ``.xml`` and ``.bin``, as bytes: uint8 frames of any
        number in, float32 of shape (frames, ``spec.width``) out.
    """

    spec: BackboneSpec
    weights_digest: str
    graph: bytes = field(repr=False)
    graph_weights: bytes = field(repr=False)


@dataclass(frozen=True)
class TrainedHead:
    """One trained head among those whose probabilities are averaged.

    Attributes
    ----------
    features
        What it sees of a frame.
    name, settings
        The head's registered name and all its settings.
    head
        Trained.
    temperature
        That its probabilities are scaled by, before they are averaged; 1 changes nothing.
    """

    features: tuple[FeatureSet, ...]
    name: str
    settings: Mapping[str, Any]
    head: Head
    temperature: float = 1.0

    @property
    def scores_whole_clips(self) -> bool:
        """Whether all frames of a clip get the same answer."""
        return self.name == "mil" or self.settings.get("pooling", "none") != "none"


@dataclass(frozen=True)
class OODDetector:
    """What clips of the training cohort look like to the backbones.

    A clip is the mean of its frames' embeddings of all backbones, one after the other, less
    `mean`. Its distance is the larger of √(Σ (component / deviation)²) / `limit` and of what the
    components leave of it, √(Σ residual²) / `rest`: above 1 it is farther off than clips of
    held-out training patients are.

    Attributes
    ----------
    mean
        float32, shape (dim,).
    directions
        float32, shape (dim, r): principal components.
    deviations
        float32, shape (r,): standard deviation along each.
    rest, limit
        So that a small share of the clips of held-out patients is above 1.
    share
        That share, 0–1.
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    deviations: NDArray[np.float32]
    rest: float
    limit: float
    share: float


@dataclass(frozen=True)
class Bundle:
    """A trained scorer with all that it needs.

    Attributes
    ----------
    id
        Unique to the training: 32 hexadecimal digits.
    name
        Of the training, for people; by default the cohort's.
    created
        When, in UTC, ISO 8601.
    lusscore
        Version that trained it.
    protocol, rubric, label_level
        Those of the training cohort.
    synthetic
        Whether no patient was ever scanned: such a scorer says nothing about patients.
    extraction
        How stage one made the training embeddings, and must make those of an exam.
    networks
        Backbones by name, in the order in which `familiar` joins their embeddings.
    members
        Trained heads; their calibrated probabilities are averaged.
    temperature
        That the average is scaled by, once more.
    clip_rule, zone_rule
        From frames to clips and zones.
    least_confidence
        A clip whose score has a lower probability is to be reviewed by a person.
    coverage
        Share of the training cohort's held-out clips that are at least as sure as that.
    familiar
        By which unlike clips are told.
    card
        The model card: plain JSON values, under the headings that a reader looks for.
    digest
        SHA-256 of the bundle's list of checksums; empty until it is written or read.
    folder
        Where it was read from or written to, if it was.
    """

    id: str
    name: str
    created: str
    lusscore: str
    protocol: str
    rubric: str
    label_level: str
    synthetic: bool
    extraction: ExtractionSettings
    networks: Mapping[str, Network]
    members: tuple[TrainedHead, ...]
    temperature: float
    clip_rule: Rule
    zone_rule: Rule
    least_confidence: float
    coverage: float
    familiar: OODDetector
    card: Mapping[str, Any]
    digest: str = ""
    folder: Path | None = None

    @property
    def scores_whole_clips(self) -> bool:
        """Whether frames have no scores of their own."""
        return bool(self.members) and all(one.scores_whole_clips for one in self.members)

    def zones(self) -> Protocol:
        """Return the protocol object that `protocol` names."""
        return get_protocol(self.protocol)


def bundle_facts(bundle: Bundle) -> dict[str, Any]:
    """Return what tells a bundle from others, as plain JSON values."""
    return {
        "id": bundle.id,
        "digest": bundle.digest,
        "name": bundle.name,
        "created": bundle.created,
        "lusscore": bundle.lusscore,
        "protocol": bundle.protocol,
        "rubric": bundle.rubric,
        "label_level": bundle.label_level,
        "synthetic": bundle.synthetic,
        "backbones": list(bundle.networks),
        "heads": [
            {"head": member.name, "sees": [one.name for one in member.features]}
            for member in bundle.members
        ],
        "clip_rule": bundle.clip_rule.name,
        "zone_rule": bundle.zone_rule.name,
        "least_confidence": bundle.least_confidence,
        "coverage": bundle.coverage,
    }


def distances(familiar: OODDetector, clips: NDArray[Any]) -> NDArray[np.float64]:
    """Measure clips against :class:`OODDetector`, which has the formula.

    Parameters
    ----------
    familiar
        What is known.
    clips
        float, shape (clips, dim): mean of each clip's clean embeddings, all backbones one after
        the other.

    Returns
    -------
    ndarray of float64, shape (clips,)
        Above 1: farther off than clips of held-out training patients are.
    """
    along, left = split_distance(clips, familiar.mean, familiar.directions, familiar.deviations)
    return np.maximum(along / familiar.limit, left / familiar.rest)


def split_distance(
    clips: NDArray[Any],
    mean: NDArray[np.float32],
    directions: NDArray[np.float32],
    deviations: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distance along the components, and the length of what they leave.

    Both of shape (clips,); shapes of the others as in :class:`OODDetector`.
    """
    centred = clips.astype(np.float64) - mean
    components = centred @ directions
    left = np.linalg.norm(centred - components @ directions.T, axis=1)
    return np.linalg.norm(components / deviations, axis=1), np.asarray(left)
