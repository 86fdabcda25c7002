"""Class activation maps: where in a frame the logits of a score come from.

Zhou, B., Khosla, A., Lapedriza, A., Oliva, A., Torralba, A. (2016). Learning deep features for
discriminative localization. Conference on Computer Vision and Pattern Recognition, 2921–2929. With
an embedding that is the mean of a feature map F over its cells and a head that is linear in it,

    logit_k = Σ_c w_kc · mean_cells(F_c) + b_k = mean_cells(Σ_c w_kc F_c) + b_k,

so that the map Σ_c w_kc F_c says exactly which cells raise the logit, and by how much. Maxima,
deviations and bands of a map are decomposed in the same way by `lusscore.backbones.attribute`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec, Layer, attribute, pooled_layers
from lusscore.evaluation import SCORES
from lusscore.heads import LinearView, linear_view
from lusscore.models import Bundle, TrainedHead

# Stands for the logit of a score that no training patient had: its probability is 0.
NEVER = -1000.0

_Float = NDArray[np.float64]
Maps = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class _WeightedLayer:
    """Weights, shape (channels, 4), of one layer of a backbone."""

    backbone: str
    layer: Layer
    weights: _Float


class SaliencyMapper:
    """Turns feature maps into maps of the four scores, for one bundle.

    Attributes
    ----------
    exact
        Whether a frame's map, in the mean over its cells, plus the bias are the logits whose
        softmax the model outputs for the frame.
    note
        Why not; empty where it is so.
    bias
        float64, shape (4,).
    """

    def __init__(self, bundle: Bundle) -> None:
        specs = {name: network.spec for name, network in bundle.networks.items()}
        views = [(member, linear_view(member.head)) for member in bundle.members]
        count = len(views)
        notes = [_note(view) for _, view in views]
        if count > 1:
            averaged = f"the mean of the maps of {count} heads, whose probabilities are averaged"
            notes.insert(0, averaged)
        self.note = "; ".join(dict.fromkeys(filter(None, notes)))
        self.exact = not self.note
        self.bias = np.zeros(len(SCORES))
        self._parts: list[_WeightedLayer] = []
        for member, view in views:
            if view is None:
                continue
            scale = 1 / (count * member.temperature * bundle.temperature)
            self.bias += _over_scores(view.bias, member, NEVER * count) * scale
            weights = _over_scores(view.weights, member, 0.0) * scale
            self._parts += _weighted_parts(member, weights, specs)
        # whatever the temperatures, a score that is never given stays so
        known = {int(score) for member, _ in views for score in member.head.classes_}
        self.bias[[score for score in SCORES if score not in known]] = NEVER

    def map_frames(self, maps: Mapping[str, Maps]) -> NDArray[np.float32]:
        """Map the logits of frames.

        Parameters
        ----------
        maps
            Per backbone, the feature maps of the clean frames by name, each float32, shape
            (frames, rows, columns, channels).

        Returns
        -------
        ndarray of float32, shape (frames, rows, columns, 4)
            As fine as the finest map used; one cell of zeros where there is no map.
        """
        parts = [
            attribute(one.layer, maps[one.backbone][one.layer.map], one.weights)
            for one in self._parts
            if one.layer.map in maps[one.backbone]
        ]
        if not parts:
            frames = len(next(iter(next(iter(maps.values())).values()), np.empty(0)))
            return np.zeros((frames, 1, 1, len(SCORES)), np.float32)
        grid = max((part.shape[1:3] for part in parts), key=lambda shape: shape[0] * shape[1])
        total = np.zeros((len(parts[0]), *grid, len(SCORES)))
        for part in parts:
            total += part if part.shape[1:3] == grid else _refine(part, grid)
        return total.astype(np.float32)


def centred(maps: NDArray[np.float32], score: int) -> NDArray[np.float32]:
    """Return the evidence for a score against the others, shape (frames, rows, columns).

    Adding the same to all four logits changes no probability, so that a logit by itself means
    nothing: from each cell of the score's map the mean of the four scores' is subtracted.
    """
    return np.asarray(maps[..., score] - maps.mean(axis=-1))


def share_outside(maps: NDArray[np.float32], score: int, inside: _Float) -> float:
    """Return the share, 0–1, of a score's evidence outside the sector; NaN without evidence.

    Cells are weighted by the positive part of :func:`centred`. A cell sees beyond its own square,
    so that some is always found outside near the sector's edge. `inside` is how much of each cell
    lies in the sector, shape (rows, columns).
    """
    weight = np.maximum(centred(maps, score), 0).sum(axis=0, dtype=np.float64)
    total = float(weight.sum())
    return float((weight * (1 - inside)).sum() / total) if total > 0 else float("nan")


def _note(view: LinearView | None) -> str:
    return "the head has no linear form" if view is None else view.note


def _over_scores(values: _Float, member: TrainedHead, absent: float) -> _Float:
    """Spread columns of the classes that a head knows over the four scores."""
    spread = np.full((*values.shape[:-1], len(SCORES)), absent)
    spread[..., [int(score) for score in member.head.classes_]] = values
    return spread


def _weighted_parts(
    member: TrainedHead, weights: _Float, specs: Mapping[str, BackboneSpec]
) -> Iterator[_WeightedLayer]:
    start = 0
    for one in member.features:
        layers = {layer.name: layer for layer in pooled_layers(specs[one.backbone])}
        for level in one.levels:
            stop = start + layers[level].stop - layers[level].start
            yield _WeightedLayer(one.backbone, layers[level], weights[start:stop])
            start = stop


def _refine(part: NDArray[np.floating], grid: tuple[int, int]) -> _Float:
    """Bring a coarse map to a finer grid; its mean over the cells stays the same."""
    fine = np.stack(
        [cv2.resize(one.astype(np.float64), grid[::-1], interpolation=cv2.INTER_LINEAR)
         for one in part]
    ).reshape(len(part), *grid, part.shape[-1])  # fmt: skip
    change = part.mean(axis=(1, 2), keepdims=True) - fine.mean(axis=(1, 2), keepdims=True)
    return np.asarray(fine + change, np.float64)
