"""Folds that leave out every device, or every group of patients, in turn."""

from __future__ import annotations

from collections.abc import Mapping

from lusscore.cohort.folds import Folds
from lusscore.cohort.left_out import LeftOut
from lusscore.errors import FoldError


def leave_one_out(by: str, values: Mapping[str, str]) -> Folds:
    """Make one fold per value, which holds out all patients that have it.

    Parameters
    ----------
    by
        The manifest's column: ``"device"`` or ``"group"``.
    values
        Each patient's one value of it.

    Returns
    -------
    Folds
        Numbered in the order of the values' names; the same patients give the same folds.

    Raises
    ------
    FoldError
        If a patient's value is not known, or there are fewer than two.
    """
    unknown = sorted(patient for patient, value in values.items() if not value)
    if unknown:
        raise FoldError(
            f"The {by} of {len(unknown)} of {len(values)} patients is not known, the first "
            f"{unknown[0]!r}; leaving out each {by} in turn needs that of everyone, since whoever "
            f"is not known may be of the {by} left out. Fill in the manifest's column {by}."
        )
    names = tuple(sorted(set(values.values())))
    if len(names) < 2:
        raise FoldError(
            f"All patients are of {by} {names[0]!r}, so that leaving it out leaves nobody to train "
            f"on; expected at least two in the manifest's column {by}. Use --folds instead."
        )
    number = {name: fold for fold, name in enumerate(names, start=1)}
    division = {patient: number[value] for patient, value in values.items()}
    return Folds(len(names), (division,), LeftOut(by, names))


def check_left_out(saved: Folds, made: Folds) -> None:
    """Refuse saved folds that leave out something else than those made of the cohort as it is.

    Raises
    ------
    FoldError
        If any patient is held out with another value.
    """
    if saved.left_out is None or made.left_out is None or saved == made:
        return
    by = made.left_out.by
    for patient, fold in sorted(made.repeats[0].items()):
        now = made.left_out.of_fold(fold)
        then = saved.left_out.of_fold(saved.repeats[0][patient])
        if now != then:
            raise FoldError(
                f"The saved folds hold out patient {patient!r} with {then!r}, but the manifest has "
                f"{now!r}; expected the {by} of every patient as it was when they were saved. "
                f"Make new folds with --leave-out {by}."
            )
    raise FoldError(
        "The saved folds are numbered otherwise than by the names of what they leave out; make "
        f"new folds with --leave-out {by}."
    )
