"""A real but tiny bundle: a network of two convolutions and a head trained on what it gives."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from backbone_maker import write_onnx
from lusscore import __version__
from lusscore.backbones import graph_bytes, load_weights
from lusscore.backbones.libraries import import_openvino
from lusscore.backbones.onnx_file import read_onnx_spec
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.evaluation.models import FeatureSet
from lusscore.evaluation.rules import Rule
from lusscore.heads import head_defaults, make_head
from lusscore.models import Bundle, Network, OODDetector, TrainedHead

SIZE, CHANNELS = 32, 12
CLIPS_PER_SCORE, FRAMES_PER_CLIP, COMPONENTS = 12, 4, 3


def make_bundle(
    folder: Path,
    protocol: str = "blue-6",
    *,
    name: str = "tiny",
    rubric: str = "soldati-2020",
    synthetic: bool = True,
    backbones: tuple[str, ...] = ("tiny",),
    head: str = "logistic",
    settings: dict[str, Any] | None = None,
    extraction: ExtractionSettings | None = None,
    least_confidence: float = 0.4,
    seed: int = 0,
) -> Bundle:
    """Train a model of brightness, 0 for dark frames and 3 for bright ones; nothing is written.

    Parameters
    ----------
    folder
        Where the networks' ONNX files are put, one per backbone and named after it.
    backbones
        Each sees 32 × 32 pixels and gives the mean of 12 maps of 8 × 8; one head sees all.
    settings
        Of the head, where they are not its defaults.
    extraction
        By default the whole image of all frames, in float32.
    """
    rng = np.random.default_rng(seed)
    networks = {
        each: make_network(folder / f"{each}.onnx", seed=seed + number)
        for number, each in enumerate(backbones)
    }
    frames, scores, clips = bright_frames(rng)
    embeddings = np.hstack([embed(network, frames) for network in networks.values()])
    chosen = head_defaults(head) | (settings or {})
    trained = make_head(head, **chosen)
    trained.fit(embeddings, scores, clips, clips)
    features = tuple(FeatureSet(each) for each in backbones)
    return Bundle(
        id=hashlib.sha256(f"{protocol} {name} {seed}".encode()).hexdigest()[:32],
        name=name,
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc).isoformat(),
        lusscore=__version__,
        protocol=protocol,
        rubric=rubric,
        label_level="clip",
        synthetic=synthetic,
        extraction=extraction
        or ExtractionSettings(FramesPolicy("all"), variants=0, dtype="float32", sector="none"),
        networks=networks,
        members=(TrainedHead(features, head, chosen, trained, 1.25),),
        temperature=0.8,
        clip_rule=Rule.parse("mean-probability"),
        zone_rule=Rule.parse("worst"),
        least_confidence=least_confidence,
        coverage=0.8,
        ood=make_ood(embeddings.reshape(-1, FRAMES_PER_CLIP, embeddings.shape[1])),
        card={
            "Intended use": ["Research use only.", "It scores how bright computed frames are."],
            "Training cohort": {"Name": name, "Synthetic": synthetic, "Patients by device": {}},
            "Performance": {
                "How it was measured": "It was not.",
                "Clips": [{"measure": "accuracy", "value": "1.000", "95 % interval": "[1, 1]"}],
            },
            "Limitations": ["It knows nothing of lungs."],
        },
    )


def make_network(path: Path, *, seed: int = 0) -> Network:
    """Write two strided convolutions with ReLU and their global average as ONNX, and read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    first = rng.normal(0, 0.3, (6, 3, 3, 3)).astype(np.float32)
    second = rng.normal(0, 0.3, (CHANNELS, 6, 3, 3)).astype(np.float32)
    half: Any = {"strides": [2, 2], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["image", "first"], ["edges"], **half),
        helper.make_node("Relu", ["edges"], ["shapes"]),
        helper.make_node("Conv", ["shapes", "second"], ["parts"], **half),
        helper.make_node("Relu", ["parts"], ["map"]),
        helper.make_node("GlobalAveragePool", ["map"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
    ]
    shapes = {"image": ["n", 3, SIZE, SIZE]}, {"embedding": ["n", CHANNELS]}
    write_onnx(path, nodes, *shapes, {"first": first, "second": second})
    spec = read_onnx_spec(path)
    weights = load_weights(spec)
    return Network(spec, weights.digest, *graph_bytes(spec, weights, None))


def embed(network: Network, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Run a network as its bytes stand: uint8 (frames, 32, 32, 3) to float32 (frames, 12)."""
    core = import_openvino().Core()
    graph = core.read_model(network.graph, network.graph_weights)
    compiled = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.concatenate([compiled([frame[None]])[0] for frame in frames])


def bright_frames(
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return noise of four brightnesses, the score of each frame and its clip by number."""
    clips = np.repeat(np.arange(4 * CLIPS_PER_SCORE), FRAMES_PER_CLIP)
    scores = clips % 4
    noise = rng.integers(0, 60, (len(clips), SIZE, SIZE, 3))
    return (noise + 60 * scores[:, None, None, None]).astype(np.uint8), scores, clips


def make_ood(frames: NDArray[np.float32]) -> OODDetector:
    """Learn what clips look like from embeddings of shape (clips, frames, dim)."""
    clips = frames.mean(axis=1)
    mean = clips.mean(axis=0)
    _, sizes, rows = np.linalg.svd(clips - mean, full_matrices=False)
    directions = np.ascontiguousarray(rows[:COMPONENTS].T)
    deviations = (sizes[:COMPONENTS] / np.sqrt(len(clips))).astype(np.float32)
    raw = OODDetector(mean, directions, deviations, 1.0, 1.0, 0.01)
    far = float(1.2 * raw.scores(clips).max())
    return replace(raw, rest=far, limit=far)
