"""The labelling queue: which clips of a cohort to label next."""

from __future__ import annotations

import hashlib
from pathlib import PureWindowsPath
from typing import Any

from lusscore.cohort import Cohort
from lusscore.errors import BackboneError, LusscoreError
from lusscore.features import find_backbone
from lusscore.labelling import Suggestion, load_pool, suggest_clips
from lusscore.web.cohorts import Cohorts
from lusscore.web.guards import Refusal

_FEW = "Too few labels to train on: clips were chosen by what they look like alone."


def clip_id(clip: str) -> str:
    """Return what a browser calls a clip: manifests may hold paths of this machine."""
    return hashlib.sha256(clip.encode()).hexdigest()[:24]


def clip_by_id(cohort: Cohort, shown: str) -> str:
    """Return the clip as the manifest writes it.

    Raises
    ------
    Refusal
        If the cohort has none of that id.
    """
    for clip in cohort.clips():
        if clip_id(clip) == shown:
            return clip
    raise Refusal(404, "The cohort has no such clip any more; load the page again.")


def suggestions(cohorts: Cohorts, name: str, count: int) -> dict[str, Any]:
    """Choose clips as ``lusscore suggest`` does.

    Raises
    ------
    Refusal
        If the cohort is not there, or its embeddings are not.
    """
    cohort = cohorts.find(name)
    backbones = cohorts.backbones(name)
    if not backbones:
        raise Refusal(
            409, f"Cohort {name} has no embeddings yet; run 'lusscore features {name}' first."
        )
    try:
        spec = find_backbone(backbones[0], cohorts.features_dir, (cohort,))
        pool = load_pool(cohort, spec, cohorts.features_dir)
        chosen = suggest_clips(pool, count=count)
    except BackboneError:
        raise Refusal(
            409, f"The network of {name} cannot be used; 'lusscore status {name}' tells why."
        ) from None
    except LusscoreError as error:
        raise Refusal(409, error.without_path()) from None
    return {
        "suggestions": [_told(one) for one in chosen],
        "labelled": int((pool.scores >= 0).sum()),
        "unlabelled": int((pool.scores < 0).sum()),
        "left_out": len(pool.left_out),
        "head_note": _FEW if chosen and chosen[0].probabilities is None else "",
    }


def _told(one: Suggestion) -> dict[str, Any]:
    segment = one.segment
    return {
        "rank": one.rank,
        "clip": clip_id(segment.clip),
        "name": PureWindowsPath(segment.clip).name,
        "patient": segment.patient,
        "exam": segment.exam,
        "zone": segment.zone,
        "segment": [segment.frame_start, segment.frame_end],
        "predicted": one.predicted,
        "probabilities": one.probabilities,
        "uncertainty": one.uncertainty,
        "stands_for": one.stands_for,
        "new_patient": one.new_patient,
        "reason": one.reason,
        "blind_reason": one.blind_reason,
    }
