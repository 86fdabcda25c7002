"""Out of distribution: how unlike the training cohort a clip looks to the backbones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold

from lusscore.errors import HeadError
from lusscore.evaluation import FeatureSet, LabelledFrames
from lusscore.heads import gather_bags, pool_clips

# Few enough for the spread along each to be known from some dozens of patients.
_MOST_COMPONENTS = 64
_CLIPS_PER_COMPONENT = 8
_FOLDS = 5
SHARE = 0.01

_Float = NDArray[np.float32]
_Wide = NDArray[np.float64]


@dataclass(frozen=True)
class OODDetector:
    """What clips of the training cohort look like to the backbones.

    A clip is the mean of its frames' embeddings of all backbones, one after the other, less
    `mean`. Its OOD score is the larger of √(Σ (component / deviation)²) / `limit` and of what the
    components leave of it, √(Σ residual²) / `rest`: above 1 it is less like the training cohort
    than clips of held-out training patients are.

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

    mean: _Float
    directions: _Float
    deviations: _Float
    rest: float
    limit: float
    share: float

    def scores(self, clips: NDArray[Any]) -> _Wide:
        """Return the OOD score of each clip, shape (clips,), from vectors of shape (clips, dim)."""
        along, left = _lengths(clips, self.mean, self.directions, self.deviations)
        return np.maximum(along / self.limit, left / self.rest)


def clip_vectors(
    dataset: LabelledFrames, backbones: Sequence[str]
) -> tuple[_Float, NDArray[np.int64]]:
    """Pool the clean frames of every labelled clip, all backbones one after the other.

    Returns
    -------
    tuple of arrays
        float32, shape (clips, dim), and the patient of each clip by number, shape (clips,).
    """
    frames = dataset.frames
    clips = np.unique(frames["clip"].to_numpy(), return_inverse=True)[1]
    patients = np.unique(frames["patient"].to_numpy(), return_inverse=True)[1]
    order, starts = gather_bags(clips, len(clips))
    features = [FeatureSet(backbone) for backbone in backbones]
    seen = dataset.embeddings(features, np.arange(len(frames)), 1)[:, 0]
    return pool_clips(seen, order, starts, "mean"), patients[order[starts]]


def fit_ood(
    clips: _Float, patients: NDArray[np.int64], *, share: float = SHARE, seed: int = 0
) -> OODDetector:
    """Fit a detector of which `share` of the clips of other patients of this kind are above 1.

    A clip may be odd in two ways: far along the leading principal components (a Gaussian's
    distance), or out of their space, by what they leave of it, which tells other images best
    (residual of Wang, H. et al. (2022). ViM: Out-of-distribution with virtual-logit matching.
    CVPR, 4921–4930). Either is enough, so that neither is drowned by the other. Both limits are
    taken from patients held out.

    Parameters
    ----------
    clips, patients
        As :func:`clip_vectors` gives them.
    share
        0–1.
    seed
        Of the search for directions.

    Raises
    ------
    HeadError
        If there are fewer than three patients.
    """
    count = len(np.unique(patients))
    if count < 3:
        raise HeadError(
            f"{count} labelled patients are too few to detect clips out of distribution; a bundle "
            "needs at least 3, and many more to be of use."
        )
    most = int(
        max(1, min(_MOST_COMPONENTS, len(clips) // _CLIPS_PER_COMPONENT, clips.shape[1] // 2))
    )
    held_out = [
        _lengths(clips[test], *_fit(clips[train], most, seed))
        for train, test in GroupKFold(min(_FOLDS, count)).split(clips, groups=patients)
    ]
    along, left = (np.concatenate(part) for part in zip(*held_out, strict=True))
    limit, rest = (_quantile(part, share) for part in (along, left))
    # of clips that are odd in either way there may be no more than of one
    both = _quantile(np.maximum(along / limit, left / rest), share)
    mean, directions, deviations = _fit(clips, most, seed)
    return OODDetector(mean, directions, deviations, rest * both, limit * both, share)


def _lengths(
    clips: NDArray[Any], mean: _Float, directions: _Float, deviations: _Float
) -> tuple[_Wide, _Wide]:
    """Return the distance along the components, and the length of what they leave."""
    centred = clips.astype(np.float64) - mean
    components = centred @ directions
    left = np.linalg.norm(centred - components @ directions.T, axis=1)
    return np.linalg.norm(components / deviations, axis=1), np.asarray(left)


def _quantile(values: _Wide, share: float) -> float:
    """Return what `share` of the values exceeds; never 0."""
    return max(float(np.quantile(values, 1 - share)), float(np.finfo(np.float32).tiny))


def _fit(clips: _Float, most: int, seed: int) -> tuple[_Float, _Float, _Float]:
    """Return mean, directions and the deviation along each; never more than there are."""
    kept = min(most, max(1, len(clips) - 1))
    with np.errstate(invalid="ignore"):  # clips that are all the same have no spread to share out
        pca = PCA(kept, random_state=seed, svd_solver="full").fit(clips.astype(np.float64))
    directions = np.zeros((clips.shape[1], most), np.float32)
    deviations = np.ones(most, np.float32)
    directions[:, :kept] = pca.components_.T
    tiny = np.finfo(np.float32).tiny
    deviations[:kept] = np.sqrt(np.maximum(pca.explained_variance_, tiny))
    return pca.mean_.astype(np.float32), directions, deviations
