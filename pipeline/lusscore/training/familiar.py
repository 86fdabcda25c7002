"""What clips of the training cohort look like, so that unlike ones are told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold

from lusscore.bundle.bundle import Familiar
from lusscore.bundle.distance import join_distance, split_distance
from lusscore.errors import HeadError
from lusscore.evaluation.dataset import LabelledFrames
from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.head.bags import gather_bags
from lusscore.head.clip_pooling import pool_clips

# Few enough for the spread along each to be known from some dozens of patients.
_MOST_COMPONENTS = 32
_CLIPS_PER_COMPONENT = 8
_FOLDS = 5
SHARE = 0.01

_Float = NDArray[np.float32]


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


def fit_familiar(
    clips: _Float, patients: NDArray[np.int64], *, share: float = SHARE, seed: int = 0
) -> Familiar:
    """Learn how far from the training cohort a clip of another patient of its kind may lie.

    Distance is that of a Gaussian in the space of the leading principal components, and of what
    they leave, as in probabilistic principal component analysis (Tipping, M. E., Bishop, C. M.
    (1999). Probabilistic principal component analysis. Journal of the Royal Statistical Society B
    61 (3), 611–622). Its limit, and the size of what is left, are taken from patients held out:
    a fit says little about those that it has not seen by those that it has.

    Parameters
    ----------
    clips
        float32, shape (clips, dim), as of :func:`clip_vectors`.
    patients
        Shape (clips,).
    share
        Of held-out clips that may lie beyond the limit, 0–1.
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
            f"{count} labelled patients cannot tell which clips are unlike theirs; a bundle needs "
            "at least 3, and many more to be of use."
        )
    most = int(max(1, min(_MOST_COMPONENTS, len(clips) // _CLIPS_PER_COMPONENT, clips.shape[1])))
    inside, left = [], []
    for train, test in GroupKFold(min(_FOLDS, count)).split(clips, groups=patients):
        fitted = _fit(clips[train], most, seed)
        squares, rest = split_distance(clips[test], *fitted)
        inside.append(squares)
        left.append(rest)
    residual = np.concatenate(left)
    size = max(float(np.sqrt(np.mean(residual**2))), float(np.finfo(np.float32).tiny))
    raw = join_distance(np.concatenate(inside), residual, size, most)
    mean, directions, deviations = _fit(clips, most, seed)
    return Familiar(mean, directions, deviations, size, float(np.quantile(raw, 1 - share)), share)


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
