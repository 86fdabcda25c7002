"""Ways to divide labelled patients into those trained on and those tested on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lusscore.cohort import Folds, check_left_out, leave_one_out, make_folds, read_folds
from lusscore.evaluation.dataset import LabelledCohort, LabelledFrames
from lusscore.evaluation.leave_out import keep_one_value
from lusscore.evaluation.sides import Side, fold_sides


@dataclass(frozen=True)
class Division:
    """Who is trained on and who is tested on, and their frames.

    Attributes
    ----------
    frames
        All labelled frames, of which `sides` give rows.
    sides
        One per head to train.
    folds
        The same by patients tested.
    tested
        The cohort that is tested on.
    training
        The cohorts that are trained on, where they are others.
    notes
        What a reader of the results must know, as sentences.
    """

    frames: LabelledFrames
    sides: tuple[Side, ...]
    folds: Folds
    tested: LabelledCohort
    training: tuple[LabelledCohort, ...] = ()
    notes: tuple[str, ...] = ()


def divide_into_folds(labelled: LabelledCohort, count: int, repeats: int, seed: int) -> Division:
    """Divide a cohort into folds that are alike.

    Raises
    ------
    FoldError
        If there are too few patients or folds.
    """
    dataset = labelled.dataset
    folds = make_folds(dataset.patients(), count, repeats=repeats, seed=seed)
    return Division(dataset, fold_sides(dataset.frames, folds), folds, labelled)


def divide_as_saved(labelled: LabelledCohort, path: Path) -> Division:
    """Divide a cohort as a saved ``folds.csv`` says, checked against the cohort as it is.

    Raises
    ------
    FoldError, InvalidCohortError
        If the file is missing, not valid, or not of these patients.
    """
    folds = read_folds(path, labelled.dataset.patients())
    if folds.left_out is None:
        sides = fold_sides(labelled.dataset.frames, folds)
        return Division(labelled.dataset, sides, folds, labelled)
    division = divide_leaving_out(labelled, folds.left_out.by)
    check_left_out(folds, division.folds)
    return division


def divide_leaving_out(labelled: LabelledCohort, by: str) -> Division:
    """Hold out each device, or each group of patients, in turn.

    Raises
    ------
    FoldError
        If a patient's device or group is not known, or all have the same.
    """
    one = keep_one_value(labelled.dataset, by)
    folds = leave_one_out(by, one.values)
    kept = LabelledCohort(labelled.cohort, one.dataset)
    return Division(
        one.dataset, fold_sides(one.dataset.frames, folds), folds, kept, notes=one.notes
    )
