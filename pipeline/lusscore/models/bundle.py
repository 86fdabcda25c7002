"""A trained model as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lusscore.backbones import BackboneSpec
from lusscore.cohort import ExtractionSettings, Protocol, get_protocol
from lusscore.evaluation import FeatureSet, Rule
from lusscore.heads import Head
from lusscore.models.ood import OODDetector

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
        """Whether all frames of a clip get the same prediction."""
        return self.name == "mil" or self.settings.get("pooling", "none") != "none"


@dataclass(frozen=True)
class Bundle:
    """A trained model with all that it needs to score an exam.

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
        Whether no patient was ever scanned: such a model says nothing about patients.
    extraction
        How stage one made the training embeddings, and must make those of an exam.
    networks
        Backbones by name, in the order in which `ood` joins their embeddings.
    members
        Trained heads; their calibrated probabilities are averaged.
    temperature
        That the average is scaled by, once more.
    clip_rule, zone_rule
        From frames to clips and zones.
    least_confidence
        A clip whose score has a lower probability is to be reviewed by a person.
    coverage
        Share of the training cohort's held-out clips that reach it.
    ood
        Detects clips that are unlike the training cohort.
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
    ood: OODDetector
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
    """Return what identifies a bundle and its settings, as plain JSON values."""
    names = ("id", "digest", "name", "created", "lusscore", "protocol", "rubric", "label_level")
    return {name: getattr(bundle, name) for name in names} | {
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
