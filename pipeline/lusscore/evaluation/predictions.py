"""``predictions.csv``: what every model predicted for every frame it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.errors import RunError

PREDICTIONS_NAME = "predictions.csv"
BASELINE = "baseline/majority"
SCORES = tuple(range(MAXIMUM_ZONE_SCORE + 1))
PROBABILITIES = tuple(f"p{score}" for score in SCORES)
KEYS = ("model", "repeat", "fold", "patient", "exam", "zone", "clip", "frame")
PREDICTION_COLUMNS = (*KEYS, "truth", *PROBABILITIES)
_TEXT = ("model", "patient", "exam", "zone", "clip")
_NUMBERS = [name for name in PREDICTION_COLUMNS if name not in _TEXT]
_SAME_FOR_ALL = ["repeat", "fold", "patient", "exam", "zone", "clip", "frame", "truth"]
_SUM_TOLERANCE = 1e-3
_AGAIN = "Run 'lusscore cv' again."


def read_predictions(path: Path) -> pd.DataFrame:
    """Read and validate held-out predictions.

    Returns
    -------
    DataFrame
        The columns `PREDICTION_COLUMNS`: text as ``str`` (a patient ``"007"`` stays so, and a
        zone that is unknown is ``""``), ``repeat, fold, frame, truth`` as int64, ``p0`` to ``p3``
        as float64; rows as in the file.

    Raises
    ------
    RunError
        If the file is missing, is not such a table, or a row cannot be true: the first bad line
        is named.
    """
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise RunError(
            "there are no predictions here; expected the CSV file that 'lusscore cv' writes there.",
            path=path,
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise RunError(
            f"it is not a table of predictions ({str(error).strip()}); expected a UTF-8 CSV "
            f"file with the columns {','.join(PREDICTION_COLUMNS)}.",
            path=path,
        ) from None
    return _typed(raw, str(path))


def write_predictions(path: Path, predictions: pd.DataFrame) -> None:
    """Validate, sort and write predictions so that :func:`read_predictions` gives them back.

    Probabilities keep nine significant digits, enough for any float32; the same predictions in any
    row order give the same bytes. Raises as :func:`read_predictions`, and then writes nothing.
    """
    rows = _typed(predictions.sort_values(list(KEYS), kind="stable"), str(path))
    rows.to_csv(path, index=False, float_format="%.9g", lineterminator="\n", encoding="utf-8")


def predicted_scores(probabilities: NDArray[np.floating]) -> NDArray[np.int64]:
    """Score rows, shape (rows, 4), by their most probable class; of equal ones, by the higher."""
    from_highest = np.argmax(probabilities[:, ::-1], axis=1)
    return np.asarray(MAXIMUM_ZONE_SCORE - from_highest, dtype=np.int64)


def count_scores(
    group: NDArray[np.int64], scores: NDArray[np.int64], groups: int
) -> NDArray[np.int64]:
    """Count how often each group has each score 0–3, shape (groups, 4)."""
    counts = np.zeros((groups, len(SCORES)), np.int64)
    np.add.at(counts, (group, scores), 1)
    return counts


def majority_predictions(
    held_out: pd.DataFrame, training_truth: NDArray[np.integer]
) -> pd.DataFrame:
    """Predict one fold's held-out frames by the majority-class baseline.

    `held_out` has the columns of ``predictions.csv``, of which ``model`` and ``p0`` to ``p3`` are
    replaced: by the frequencies of the scores in `training_truth`, scores 0–3 of the fold's
    training frames, so that the predicted score is the most frequent one (of equal ones, the
    higher).
    """
    counts = np.bincount(training_truth, minlength=len(SCORES))
    frequencies = dict(zip(PROBABILITIES, counts / counts.sum(), strict=True))
    return held_out.assign(model=BASELINE, **frequencies)


def _typed(raw: pd.DataFrame, source: str) -> pd.DataFrame:
    """Give every column its type, and refuse what no patient-wise cross-validation gives."""
    missing = [name for name in PREDICTION_COLUMNS if name not in raw.columns]
    if missing:
        raise RunError(
            f"{source} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"expected {','.join(PREDICTION_COLUMNS)}. {_AGAIN}"
        )
    rows = raw[list(PREDICTION_COLUMNS)].reset_index(drop=True)
    for name in _TEXT:
        rows[name] = rows[name].astype(str)
    for name in _NUMBERS:
        numbers = pd.to_numeric(rows[name], errors="coerce").astype(np.float64)
        whole = name not in PROBABILITIES
        bad = ~np.isfinite(numbers) | (whole & (numbers % 1 != 0))
        rule = f"expected a {'whole ' if whole else ''}number"
        _refuse(bad, rows[name], f"column {name}", rule, source)
        rows[name] = numbers.astype(np.int64) if whole else numbers
    if rows.empty:
        raise RunError(f"{source} holds no predictions; expected one row per held-out frame.")
    _check_rows(rows, source)
    _check_models(rows, source)
    return rows


def _refuse(
    bad: pd.Series[bool] | NDArray[np.bool_],
    values: pd.Series[Any],
    what: str,
    rule: str,
    source: str,
) -> None:
    """Raise for the first row where `bad` holds; row i stands on line i + 2 of `source`."""
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        found = values.tolist()[row]
        raise RunError(f"{source}, line {row + 2}, {what} is {found!r}; {rule}. {_AGAIN}")


def _check_rows(rows: pd.DataFrame, source: str) -> None:
    """Look for values that cannot be, frames predicted twice and patients held out twice."""
    blank = {name: rows[name].str.strip() == "" for name in _TEXT}
    blank["zone"] &= rows["zone"] != ""
    rules = [(name, bad, "expected a name") for name, bad in blank.items()]
    rules += [(name, rows[name] < 1, "expected a number from 1") for name in ("repeat", "fold")]
    rules += [
        (name, ~rows[name].between(0, 1), "expected a probability from 0 to 1")
        for name in PROBABILITIES
    ]
    twice = rows.duplicated(["model", "repeat", "clip", "frame"])
    rules += [
        ("frame", rows["frame"] < 0, "expected a frame number from 0"),
        ("truth", ~rows["truth"].isin(SCORES), "expected a score of 0, 1, 2 or 3"),
        ("frame", twice, "this model has already predicted this frame in this repeat"),
    ]
    for name, bad, rule in rules:
        _refuse(bad, rows[name], f"column {name}", rule, source)
    total = rows[list(PROBABILITIES)].sum(axis=1)
    off = (total - 1).abs() > _SUM_TOLERANCE
    _refuse(off, total.round(4), "the sum of p0 to p3", "expected 1", source)
    homes = rows[["repeat", "fold", "patient"]].drop_duplicates()
    split = homes[homes.duplicated(["repeat", "patient"])]
    if not split.empty:
        repeat, fold, patient = split.iloc[0]
        raise RunError(
            f"{source} holds out patient {patient!r} in fold {fold} and in another fold of "
            f"repeat {repeat}; folds never split a patient. {_AGAIN}"
        )


def _check_models(rows: pd.DataFrame, source: str) -> None:
    """Look for models that were not tested on the same frames with the same truth."""
    ordered = rows.sort_values(["model", *_SAME_FOR_ALL], kind="stable")
    first, *others = (
        (model, part[_SAME_FOR_ALL].reset_index(drop=True))
        for model, part in ordered.groupby("model")
    )
    for model, part in others:
        if not part.equals(first[1]):
            raise RunError(
                f"{source}: the models {first[0]!r} and {model!r} were not tested on the same "
                f"frames with the same truth ({len(first[1])} and {len(part)} rows); models are "
                f"only comparable on the same folds. {_AGAIN}"
            )


@dataclass(frozen=True)
class HeldOut:
    """One model's predictions for the frames, clips or zones it was tested on.

    `truth` and `prediction` are scores 0–3, shape (rows,); `patient` and `fold` are places in
    `patients`, which are all of the run, and in its (repeat, fold) pairs `folds`.
    """

    truth: NDArray[np.int64]
    prediction: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    patient: NDArray[np.int64]
    fold: NDArray[np.int64]
    patients: tuple[str, ...]
    folds: tuple[tuple[int, int], ...]

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Probability given to the *predicted* score, which a rule may set below another's."""
        return self.probabilities[np.arange(len(self.truth)), self.prediction]

    @classmethod
    def of(cls, scored: pd.DataFrame, patients: Sequence[str]) -> HeldOut:
        """Take one model's rows from what ``aggregation.score_at`` gives."""
        pairs = pd.MultiIndex.from_frame(scored[["repeat", "fold"]])
        fold, folds = pairs.factorize(sort=True)
        return cls(
            truth=scored["truth"].to_numpy(np.int64),
            prediction=scored["prediction"].to_numpy(np.int64),
            probabilities=scored[list(PROBABILITIES)].to_numpy(np.float64),
            patient=pd.Index(patients).get_indexer(pd.Index(scored["patient"])).astype(np.int64),
            fold=fold.astype(np.int64),
            patients=tuple(patients),
            folds=tuple((int(repeat), int(number)) for repeat, number in folds),
        )

    def by_fold(self) -> list[HeldOut]:
        """Return the rows of each of `folds`."""
        names = ("truth", "prediction", "probabilities", "patient", "fold")
        return [
            replace(self, **{name: getattr(self, name)[self.fold == fold] for name in names})
            for fold in range(len(self.folds))
        ]
