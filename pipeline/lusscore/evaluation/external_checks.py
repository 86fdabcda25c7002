"""What must hold between the cohorts of an external validation, and what is only told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lusscore.errors import CohortError
from lusscore.evaluation.dataset import LabelledCohort
from lusscore.features import differences

# What may be otherwise in the two cohorts: which frames are seen, and in how many variants.
_MAY_DIFFER = ("frames", "repeated", "variants", "augmentation", "dtype", "precision")
_ROUNDING = {"dtype": "stored as", "precision": "computed in"}
_NAMED = 3


def check_comparable(training: Sequence[LabelledCohort], tested: LabelledCohort) -> None:
    """Refuse cohorts whose embeddings are not of the same network and the same kind of image.

    Raises
    ------
    CohortError
        If a cohort is named twice; if network, weights, sector, contrast or anything else that
        embeddings depend on differs, other than which frames are used; or if cohorts trained on
        together have other numbers of variants.
    """
    names = Counter(labelled.cohort.name for labelled in (*training, tested))
    name, times = names.most_common(1)[0]
    if times > 1:
        raise CohortError(
            f"Cohort {name} is named {times} times; expected every cohort once, and the one tested "
            "on not among those trained on. Cross-validate a single one with 'lusscore cv "
            f"{name}'."
        )
    for backbone in tested.dataset.backbones:
        for other in training:
            _check_settings(backbone, other, tested, _MAY_DIFFER)
        for other in training[1:]:
            allowed = tuple(part for part in _MAY_DIFFER if part != "variants")
            _check_settings(backbone, other, training[0], allowed)


def _check_settings(
    backbone: str, one: LabelledCohort, other: LabelledCohort, allowed: Sequence[str]
) -> None:
    parts = _parts(other, backbone)
    there = _parts(one, backbone)
    wrong = differences(
        *(
            {key: value for key, value in own.items() if key not in allowed}
            for own in (there, parts)
        )
    )
    if wrong:
        told = "; ".join(wrong).replace(", needed ", f" in {one.cohort.name} and ")
        raise CohortError(
            f"Embeddings of {backbone} are not the same thing in cohorts {one.cohort.name} and "
            f"{other.cohort.name}: {told} in {other.cohort.name}. Give both cards the same "
            f"[extraction] table and run 'lusscore features {one.cohort.name} --backbone "
            f"{backbone}' with the same weights."
        )


def check_no_shared_recording(one: LabelledCohort, other: LabelledCohort) -> None:
    """Refuse a recording, told by its bytes, that is in two cohorts.

    Raises
    ------
    CohortError
        Names the clips.
    """
    first, second = (
        labelled.dataset.frames.drop_duplicates("digest").set_index("digest")["clip"]
        for labelled in (one, other)
    )
    shared = [digest for digest in first.index if digest in second.index]
    if shared:
        named = ", ".join(f"{first[digest]} = {second[digest]}" for digest in shared[:_NAMED])
        more = f" and {len(shared) - _NAMED} more" if len(shared) > _NAMED else ""
        raise CohortError(
            f"Cohorts {one.cohort.name} and {other.cohort.name} share {len(shared)} "
            f"recording{'s' if len(shared) > 1 else ''}, byte for byte: {named}{more}. What was "
            "trained on cannot be tested on, nor count twice; take everything of those patients "
            "out of one of the two manifests."
        )


def notes_on(training: Sequence[LabelledCohort], tested: LabelledCohort) -> tuple[str, ...]:
    """Say what sets the cohorts apart, other than their patients, and what could not be checked."""
    return tuple(
        sentence
        for other in training
        for sentence in (
            *_other_labels(other, tested),
            *_other_rounding(other, tested),
            *_same_names(other, tested),
            *_skipped(other),
        )
    )


def _other_labels(training: LabelledCohort, tested: LabelledCohort) -> list[str]:
    mine, theirs = tested.cohort.card, training.cohort.card
    notes = []
    if theirs.rubric != mine.rubric:
        notes.append(
            f"Scores were given by another rubric in {theirs.name} ({theirs.rubric}) than in "
            f"{mine.name} ({mine.rubric}); what differs between rubrics counts as error."
        )
    if theirs.label_level != mine.label_level:
        notes.append(
            f"Scores were given per {theirs.label_level} in {theirs.name} and per "
            f"{mine.label_level} in {mine.name}."
        )
    if theirs.protocol != mine.protocol:
        notes.append(
            f"{theirs.name} was examined by protocol {theirs.protocol}, {mine.name} by "
            f"{mine.protocol}; zones and the global score are those of {mine.protocol}."
        )
    return notes


def _other_rounding(training: LabelledCohort, tested: LabelledCohort) -> list[str]:
    notes = []
    for backbone in tested.dataset.backbones:
        mine, theirs = _parts(tested, backbone), _parts(training, backbone)
        notes += [
            f"Embeddings of {backbone} were {how} {theirs.get(part)} in {training.cohort.name} and "
            f"{mine.get(part)} in {tested.cohort.name}, which changes them a little."
            for part, how in _ROUNDING.items()
            if theirs.get(part) != mine.get(part)
        ]
    return notes


def _same_names(training: LabelledCohort, tested: LabelledCohort) -> list[str]:
    """Tell of names that both cohorts use, which is no proof of one patient, nor of two."""
    theirs, mine = (set(one.dataset.frames["patient"]) for one in (training, tested))
    shared = sorted(theirs & mine)
    if not shared:
        return []
    several = len(shared) > 1
    return [
        f"{len(shared)} patient name{'s' if several else ''} of {tested.cohort.name}, "
        f"{'the first' if several else 'namely'} {shared[0]!r}, "
        f"{'are' if several else 'is'} also in {training.cohort.name}. Cohorts are taken to name "
        "their patients by themselves; were it the same people, the test would not be external."
    ]


def _skipped(training: LabelledCohort) -> list[str]:
    skipped = len(training.dataset.skipped)
    if not skipped:
        return []
    return [
        f"{skipped} labelled clip{'s' if skipped > 1 else ''} of {training.cohort.name} could not "
        "be used for training."
    ]


def _parts(labelled: LabelledCohort, backbone: str) -> Mapping[str, Any]:
    file = labelled.dataset.features[backbone]
    return {**file.recipe, **file.selection}
