"""Class activation maps: where in a frame the logits of a score come from.

Zhou, B., Khosla, A., Lapedriza, A., Oliva, A., Torralba, A. (2016). Learning deep features for
discriminative localization. Conference on Computer Vision and Pattern Recognition, 2921–2929. With
an embedding that is the mean of a feature map F over its cells and a head that is linear in it,

    logit_k = Σ_c w_kc · mean_cells(F_c) + b_k = mean_cells(Σ_c w_kc F_c) + b_k,

so that the map Σ_c w_kc F_c says exactly which cells raise the logit, and by how much. Maxima,
deviations and bands of a map are taken apart in the same way, see
:mod:`lusscore.backbones.attribution`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec, Part, attribute, pooled_parts
from lusscore.evaluation import SCORES, FeatureSet
from lusscore.heads import LinearView, linear_view
from lusscore.models import Bundle, TrainedHead

# What stands for the logit of a score that no training patient had: its probability is 0.
NEVER = -1000.0

_Float = NDArray[np.float64]
Maps = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class _Piece:
    """Weights, shape (channels, 4), on one part of what a backbone gives."""

    backbone: str
    part: Part
    weights: _Float


class EvidenceMaker:
    """Turns feature maps into maps of the four scores, for one bundle.

    Attributes
    ----------
    exact
        Whether a frame's map, in the mean over its cells, and the bias give the logits whose
        softmax is what the bundle answers for the frame.
    note
        Why not; empty where it is so.
    bias
        float64, shape (4,).
    """

    def __init__(self, bundle: Bundle) -> None:
        specs = {name: network.spec for name, network in bundle.networks.items()}
        views = [(member, linear_view(member.head)) for member in bundle.members]
        notes = [_note(view) for _, view in views]
        count = len(views)
        if count > 1:
            notes.insert(
                0, f"the mean of the maps of {count} heads, whose probabilities are averaged"
            )
        self.note = "; ".join(dict.fromkeys(filter(None, notes)))
        self.exact = not self.note
        self.bias = np.zeros(len(SCORES))
        self._pieces: list[_Piece] = []
        for member, view in views:
            if view is None:
                continue
            scale = 1 / (count * member.temperature * bundle.temperature)
            self.bias += _four(view.bias, member, NEVER * count) * scale
            weights = _four(view.weights, member, 0.0) * scale
            self._pieces += list(_divide(member.features, weights, specs))
        # whatever the temperatures, a score that is never given stays so
        never = np.array([all(k not in _classes(member) for member, _ in views) for k in SCORES])
        self.bias[never] = NEVER

    def make(self, maps: Mapping[str, Maps]) -> NDArray[np.float32]:
        """Map the logits of frames.

        Parameters
        ----------
        maps
            Per backbone, the feature maps of the clean frames by name, each float32, shape
            (frames, rows, columns, channels).

        Returns
        -------
        ndarray of float32, shape (frames, rows, columns, 4)
            As fine as the finest map used; one cell of zeros where no map is to be had.
        """
        parts = [
            attribute(piece.part, maps[piece.backbone][piece.part.map], piece.weights)
            for piece in self._pieces
            if piece.part.map in maps[piece.backbone]
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
    """Return what speaks for a score rather than for the others, shape (frames, rows, columns).

    Adding the same to all four logits changes no probability, so that a logit by itself means
    nothing: from each cell of the score's map the mean of the four scores' is taken.
    """
    return np.asarray(maps[..., score] - maps.mean(axis=-1))


def share_outside(maps: NDArray[np.float32], score: int, inside: _Float) -> float:
    """Return which part of what speaks for a score lies outside the sector.

    Cells are weighed by the positive part of :func:`centred`. A cell sees beyond its own square,
    so that some is always found outside near the sector's edge.

    Parameters
    ----------
    maps
        Of a clip's frames.
    score
        Of the clip.
    inside
        How much of each cell lies in the sector, shape (rows, columns).

    Returns
    -------
    float
        0–1; NaN where nothing speaks for the score.
    """
    weight = np.maximum(centred(maps, score), 0).sum(axis=0, dtype=np.float64)
    total = float(weight.sum())
    return float((weight * (1 - inside)).sum() / total) if total > 0 else float("nan")


def _note(view: LinearView | None) -> str:
    return "the head has no linear form" if view is None else view.note


def _classes(member: TrainedHead) -> list[int]:
    return [int(score) for score in member.head.classes_]


def _four(values: _Float, member: TrainedHead, absent: float) -> _Float:
    """Spread columns of the classes that a head knows over the four scores."""
    spread = np.full((*values.shape[:-1], len(SCORES)), absent)
    spread[..., _classes(member)] = values
    return spread


def _divide(
    features: Sequence[FeatureSet], weights: _Float, specs: Mapping[str, BackboneSpec]
) -> list[_Piece]:
    """Give each part that a head sees its rows of the weights."""
    pieces, start = [], 0
    for one in features:
        parts = {part.name: part for part in pooled_parts(specs[one.backbone])}
        for level in one.levels:
            part = parts[level]
            stop = start + part.stop - part.start
            pieces.append(_Piece(one.backbone, part, weights[start:stop]))
            start = stop
    return pieces


def _refine(part: NDArray[np.floating], grid: tuple[int, int]) -> _Float:
    """Bring a coarse map to a finer grid; its mean over the cells stays what it was."""
    fine = np.stack(
        [
            cv2.resize(one.astype(np.float64), grid[::-1], interpolation=cv2.INTER_LINEAR)
            for one in part
        ]
    ).reshape(len(part), *grid, part.shape[-1])
    change = part.mean(axis=(1, 2), keepdims=True) - fine.mean(axis=(1, 2), keepdims=True)
    return np.asarray(fine + change, np.float64)
