"""What clips of the training cohort look like, so that unlike ones are told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold

from lusscore.errors import HeadError
from lusscore.evaluation import FeatureSet, LabelledFrames
from lusscore.heads import gather_bags, pool_clips
from lusscore.models import OODDetector, split_distance

# Few enough for the spread along each to be known from some dozens of patients.
_MOST_COMPONENTS = 64
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
) -> OODDetector:
    """Learn how far from the training cohort a clip of another patient of its kind may lie.

    A clip may be odd in two ways: far along the leading principal components (a Gaussian's
    distance), or out of their space, by what they leave of it, which tells other images best
    (residual of Wang, H. et al. (2022). ViM: Out-of-distribution with virtual-logit matching.
    CVPR, 4921–4930). Either is enough, so that neither is drowned by the other. Both limits are
    taken from patients held out: a fit says little about those that it has not seen by those that
    it has.

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
    most = int(
        max(1, min(_MOST_COMPONENTS, len(clips) // _CLIPS_PER_COMPONENT, clips.shape[1] // 2))
    )
    held_out = [
        split_distance(clips[test], *_fit(clips[train], most, seed))
        for train, test in GroupKFold(min(_FOLDS, count)).split(clips, groups=patients)
    ]
    along, left = (np.concatenate(part) for part in zip(*held_out, strict=True))
    limit, rest = (_quantile(part, share) for part in (along, left))
    # of clips that are odd in either way there may be no more than of one
    both = _quantile(np.maximum(along / limit, left / rest), share)
    mean, directions, deviations = _fit(clips, most, seed)
    return OODDetector(mean, directions, deviations, rest * both, limit * both, share)


def _quantile(values: NDArray[np.float64], share: float) -> float:
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
