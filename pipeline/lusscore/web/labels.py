"""Scores that a person gives on the page become labels of a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lusscore.cohort import cohort_name
from lusscore.errors import InvalidCohortError, LusscoreError
from lusscore.labelling import NewCohort, Recorded, add_clip, record_label
from lusscore.web.cohorts import Cohorts, not_valid
from lusscore.web.guards import Refusal
from lusscore.web.suggestions import clip_by_id, clip_id

_LONGEST = 100
_SENTENCES = {
    "label": "Saved in {cohort} as the label of this clip.",
    "correction": "Your earlier score of this clip in {cohort} is corrected.",
    "opinion": "In {cohort} the label of another rater stands; your score is kept beside it.",
    "unchanged": "{cohort} has this score of yours already.",
}
_DICOM = (
    " The DICOM file was copied as it is, with its header; 'lusscore import --deidentify' takes "
    "names out."
)


def label_upload(
    cohorts: Cohorts,
    cohort: str,
    file: Path,
    *,
    patient: str,
    exam: str,
    zone: str,
    score: int,
    rater: str,
    make: bool,
    new: NewCohort,
) -> dict[str, Any]:
    """Copy an uploaded clip into a cohort with its label.

    Parameters
    ----------
    make
        Whether the cohort is to be made: what a person takes for a new one must not turn out to
        be one that holds other patients' clips, nor the other way round.
    new
        What it is made with.

    Raises
    ------
    Refusal
        If the name is none for a cohort, or the cohort is there and should not be or the other
        way round, or it refuses.
    """
    if cohort_name(cohort) != cohort or len(cohort) > _LONGEST:
        raise Refusal(
            400,
            "A cohort's name has letters, digits, '.', '-' and '_' and begins with a letter or "
            "digit.",
        )
    _check_is_meant(cohorts, cohort, make)
    folder = cohorts.data_dir / cohort
    try:
        recorded = add_clip(folder, file, patient, exam, zone, score, rater, new=new)
    except LusscoreError as error:
        raise Refusal(422, _sentence(cohort, error)) from None
    answer = _answer(cohort, recorded)
    if file.suffix == ".dcm" and recorded.outcome == "label":
        answer["sentence"] += _DICOM
    return answer


def _check_is_meant(cohorts: Cohorts, cohort: str, make: bool) -> None:
    # some systems take names that differ in case for the same
    known = next((name for name in cohorts.names() if name.casefold() == cohort.casefold()), None)
    if make and known is not None:
        found = cohorts.find(known)
        clips, patients = len(found.clips()), len({segment.patient for segment in found.segments})
        raise Refusal(
            409,
            f"There is a cohort {known} already (clips: {clips}, patients: {patients}); give the "
            "new one another name, or say that this one is meant.",
        )
    if not make and known != cohort:
        raise Refusal(404, f"There is no cohort {cohort} any more; choose another.")


def label_in_queue(
    cohorts: Cohorts,
    cohort: str,
    *,
    clip: str,
    score: int,
    rater: str,
    zone: str,
    frames: tuple[int, int | None],
) -> dict[str, Any]:
    """Save a rater's score of a clip that a cohort has.

    Parameters
    ----------
    clip
        The id by which the browser knows it.
    frames
        Of the manifest's row that is meant.

    Raises
    ------
    Refusal
        If cohort, clip or row are not there, or the cohort refuses.
    """
    found = cohorts.find(cohort)
    written = clip_by_id(found, clip)
    try:
        recorded = record_label(found.folder, written, score, rater, zone, frames=frames)
    except LusscoreError as error:
        raise Refusal(422, _sentence(cohort, error)) from None
    return _answer(cohort, recorded)


def _answer(cohort: str, recorded: Recorded) -> dict[str, Any]:
    return {
        "outcome": recorded.outcome,
        "clip": clip_id(recorded.clip),
        "score": recorded.score,
        "rater": recorded.rater,
        "sentence": _SENTENCES[recorded.outcome].format(cohort=cohort),
    }


def _sentence(cohort: str, error: LusscoreError) -> str:
    if isinstance(error, InvalidCohortError):
        return not_valid(cohort)
    return error.without_path()
