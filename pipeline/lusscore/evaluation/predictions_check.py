"""What must hold for a table of held-out predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.errors import RunError

SUM_TOLERANCE = 1e-3
_SAME_FOR_ALL = ["repeat", "fold", "patient", "exam", "zone", "clip", "frame", "truth"]


def check_predictions(rows: pd.DataFrame, source: str) -> None:
    """Refuse predictions that cannot come from a patient-wise cross-validation.

    Parameters
    ----------
    rows
        Typed predictions with a 0-based index; row i stands on line i + 2 of `source`.
    source
        The file, as the user named it.

    Raises
    ------
    RunError
        If the table is empty, a name other than the zone's is empty, a number is out of range,
        probabilities do not sum to 1 (to 0.001), a frame is predicted twice, a patient is held
        out in two folds of one repeat, or the models were not tested on the same frames.
    """
    if rows.empty:
        raise RunError(f"{source} holds no predictions; expected one row per held-out frame.")
    _check_values(rows, source)
    _check_structure(rows, source)
    _check_models(rows, source)


def _refuse(bad: pd.Series[bool], rows: pd.DataFrame, source: str, column: str, rule: str) -> None:
    """Raise for the first row where `bad` holds."""
    if bad.any():
        line = int(np.flatnonzero(bad)[0])
        raise RunError(
            f"{source}, line {line + 2}, column {column} holds {rows[column].tolist()[line]!r}; "
            f"{rule}. Run 'lusscore cv' again."
        )


def _check_values(rows: pd.DataFrame, source: str) -> None:
    """Look at each row by itself."""
    for column in ("model", "patient", "exam", "clip"):
        _refuse(rows[column].str.strip() == "", rows, source, column, "expected a name")
    blank = (rows["zone"] != "") & (rows["zone"].str.strip() == "")
    _refuse(blank, rows, source, "zone", "expected a name, or nothing where it is unknown")
    for column in ("repeat", "fold"):
        _refuse(rows[column] < 1, rows, source, column, "expected a number from 1")
    _refuse(rows["frame"] < 0, rows, source, "frame", "expected a frame number from 0")
    out_of_range = (rows["truth"] < 0) | (rows["truth"] > MAXIMUM_ZONE_SCORE)
    _refuse(out_of_range, rows, source, "truth", "expected a score of 0, 1, 2 or 3")
    columns = [f"p{score}" for score in range(MAXIMUM_ZONE_SCORE + 1)]
    for column in columns:
        outside = (rows[column] < 0) | (rows[column] > 1)
        _refuse(outside, rows, source, column, "expected a probability from 0 to 1")
    total = rows[columns].sum(axis=1)
    bad = (total - 1).abs() > SUM_TOLERANCE
    if bad.any():
        line = int(np.flatnonzero(bad)[0])
        raise RunError(
            f"{source}, line {line + 2}: the probabilities p0 to p3 sum to {total[line]:.4g}; "
            "expected 1. Run 'lusscore cv' again."
        )


def _check_structure(rows: pd.DataFrame, source: str) -> None:
    """Look for frames predicted twice and patients held out twice."""
    twice = rows.duplicated(["model", "repeat", "clip", "frame"])
    rule = "this model has already predicted this frame in this repeat"
    _refuse(twice, rows, source, "frame", rule)
    homes = rows[["repeat", "fold", "patient"]].drop_duplicates()
    split = homes[homes.duplicated(["repeat", "patient"])]
    if not split.empty:
        repeat, fold, patient = split.iloc[0]
        raise RunError(
            f"{source} holds out patient {patient!r} in fold {fold} and in another fold of "
            f"repeat {repeat}; folds never split a patient. Run 'lusscore cv' again."
        )


def _check_models(rows: pd.DataFrame, source: str) -> None:
    """Look for models that were not tested on the same frames with the same truth."""
    first, *others = sorted(rows["model"].unique())
    ordered = rows.sort_values(["model", *_SAME_FOR_ALL], kind="stable")
    tested = {model: part[_SAME_FOR_ALL] for model, part in ordered.groupby("model")}
    reference = tested[first].reset_index(drop=True)
    for model in others:
        if not reference.equals(tested[model].reset_index(drop=True)):
            raise RunError(
                f"{source}: the models {first!r} and {model!r} were not tested on the same frames "
                f"with the same truth ({len(reference)} and {len(tested[model])} rows); models "
                "are only comparable on the same folds. Run 'lusscore cv' again."
            )
