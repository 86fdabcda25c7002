"""Which clips of a cohort to label next, and saving the scores that a person gives."""

from __future__ import annotations

import hashlib
from pathlib import Path, PureWindowsPath
from typing import Any

from lusscore.cohort import Cohort, cohort_name
from lusscore.errors import BackboneError, InvalidCohortError, LusscoreError
from lusscore.features import find_backbone
from lusscore.labelling import (
    NewCohort,
    Recorded,
    Suggestion,
    add_clip,
    load_pool,
    record_label,
    suggest_clips,
)
from lusscore.web.cohorts import Cohorts, not_valid
from lusscore.web.guards import Refusal
from lusscore.web.views import fields

_LONGEST_NAME = 100
_SENTENCES = {
    "label": "Saved in {cohort} as the label of this clip.",
    "correction": "Your earlier score of this clip in {cohort} is corrected.",
    "opinion": 'Saved as a second rating; the label in cohort "{cohort}" is unchanged.',
    "unchanged": "{cohort} already has this score from you.",
}
_DICOM = (
    " The DICOM file was copied as it is, with its header; 'lusscore import --deidentify' removes "
    "names."
)


def clip_id(clip: str) -> str:
    """Return what a browser calls a clip: manifests may hold paths of this machine."""
    return hashlib.sha256(clip.encode()).hexdigest()[:24]


def clip_by_id(cohort: Cohort, shown: str) -> str:
    """Return the clip as the manifest writes it."""
    for clip in cohort.clips():
        if clip_id(clip) == shown:
            return clip
    raise Refusal(404, "The cohort has no such clip any more; load the page again.")


def suggestions(cohorts: Cohorts, name: str, count: int) -> dict[str, Any]:
    """Choose clips as ``lusscore suggest`` does."""
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
            409, f"The backbone of {name} cannot be used; 'lusscore status {name}' says why."
        ) from None
    except LusscoreError as error:
        raise Refusal(409, error.without_path()) from None
    few = "Too few labels to train on: clips were chosen by appearance alone."
    return {
        "suggestions": [_suggestion(one) for one in chosen],
        "labelled": int((pool.scores >= 0).sum()),
        "unlabelled": int((pool.scores < 0).sum()),
        "left_out": len(pool.left_out),
        "head_note": few if chosen and chosen[0].probabilities is None else "",
    }


def _suggestion(one: Suggestion) -> dict[str, Any]:
    segment = one.segment
    return {
        "clip": clip_id(segment.clip),
        "name": PureWindowsPath(segment.clip).name,
        "segment": [segment.frame_start, segment.frame_end],
        **fields(segment, "patient", "exam", "zone"),
        **fields(one, "rank", "predicted", "probabilities", "uncertainty", "stands_for"),
        **fields(one, "new_patient", "reason", "blind_reason"),
    }


def label_upload(
    cohorts: Cohorts, name: str, file: Path, *, make: bool, new: NewCohort, **label: Any
) -> dict[str, Any]:
    """Copy an uploaded clip into a cohort with its label.

    `make` says whether the cohort is to be made, with `new`: what a person takes for a new one
    must not turn out to hold other patients' clips, nor the other way round. `label` has patient,
    exam, zone, score and rater.
    """
    if cohort_name(name) != name or len(name) > _LONGEST_NAME:
        raise Refusal(
            400,
            "A cohort's name has letters, digits, '.', '-' and '_' and begins with a letter or "
            "digit.",
        )
    # some systems take names that differ in case for the same
    known = next((each for each in cohorts.names() if each.casefold() == name.casefold()), None)
    if make and known is not None:
        found = cohorts.find(known)
        clips, patients = len(found.clips()), len({segment.patient for segment in found.segments})
        raise Refusal(
            409,
            f"There is a cohort {known} already (clips: {clips}, patients: {patients}); give the "
            "new one another name, or say that this one is meant.",
        )
    if not make and known != name:
        raise Refusal(404, f"There is no cohort {name} any more; choose another.")
    try:
        recorded = add_clip(cohorts.data_dir / name, file, new=new, **label)
    except LusscoreError as error:
        raise _refused(name, error) from None
    answer = _answer(name, recorded)
    if file.suffix == ".dcm" and recorded.outcome == "label":
        answer["sentence"] += _DICOM
    return answer


def label_in_queue(
    cohorts: Cohorts, name: str, *, clip: str, frames: tuple[int, int | None], **label: Any
) -> dict[str, Any]:
    """Save a rater's score of a clip of a cohort, named by its id, and of a row by its frames.

    `label` has score, rater and zone.
    """
    found = cohorts.find(name)
    written = clip_by_id(found, clip)
    try:
        recorded = record_label(found.folder, written, frames=frames, **label)
    except LusscoreError as error:
        raise _refused(name, error) from None
    return _answer(name, recorded)


def _answer(cohort: str, recorded: Recorded) -> dict[str, Any]:
    return {
        **fields(recorded, "outcome", "score", "rater"),
        "clip": clip_id(recorded.clip),
        "sentence": _SENTENCES[recorded.outcome].format(cohort=cohort),
    }


def _refused(cohort: str, error: LusscoreError) -> Refusal:
    invalid = isinstance(error, InvalidCohortError)
    return Refusal(422, not_valid(cohort) if invalid else error.without_path())
