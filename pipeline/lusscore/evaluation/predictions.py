"""``predictions.csv``: what every model said about every frame it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.errors import RunError
from lusscore.evaluation.predictions_check import check_predictions

SCORES = tuple(range(MAXIMUM_ZONE_SCORE + 1))
PROBABILITIES = tuple(f"p{score}" for score in SCORES)
KEYS = ("model", "repeat", "fold", "patient", "exam", "zone", "clip", "frame")
PREDICTION_COLUMNS = (*KEYS, "truth", *PROBABILITIES)
_TEXT = ("model", "patient", "exam", "zone", "clip")
_NUMBERS = tuple(name for name in PREDICTION_COLUMNS if name not in _TEXT)


def read_predictions(path: Path) -> pd.DataFrame:
    """Read and validate held-out predictions.

    Returns
    -------
    DataFrame
        The columns `PREDICTION_COLUMNS`: text as ``str`` (a patient ``"007"`` stays so, and a
        zone that is unknown is ``""``),
        ``repeat, fold, frame, truth`` as int64, ``p0`` to ``p3`` as float64; rows as in the file.

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

    Rows are sorted by `KEYS` and probabilities keep nine significant digits, enough for any
    float32; the same predictions in any row order give the same bytes.

    Raises
    ------
    RunError
        As :func:`read_predictions`; nothing is written then. Lines are numbered as they would
        stand in the file.
    """
    rows = predictions
    if set(KEYS) <= set(rows.columns):
        rows = rows.sort_values(list(KEYS), kind="stable", ignore_index=True)
    rows = _typed(rows, str(path))
    rows.to_csv(path, index=False, float_format="%.9g", lineterminator="\n", encoding="utf-8")


def predicted_scores(probabilities: NDArray[np.floating]) -> NDArray[np.int64]:
    """Score each row by its most probable class; of equal ones, the higher score.

    Parameters
    ----------
    probabilities
        Shape (rows, 4).

    Returns
    -------
    ndarray of int64, shape (rows,)
        Scores 0–3.
    """
    from_highest = np.argmax(probabilities[:, ::-1], axis=1)
    return np.asarray(MAXIMUM_ZONE_SCORE - from_highest, dtype=np.int64)


def _typed(raw: pd.DataFrame, source: str) -> pd.DataFrame:
    """Give every column its type and let nothing through that cannot be true."""
    missing = [name for name in PREDICTION_COLUMNS if name not in raw.columns]
    if missing:
        raise RunError(
            f"{source} lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"expected {','.join(PREDICTION_COLUMNS)}. Run 'lusscore cv' again."
        )
    rows = raw[list(PREDICTION_COLUMNS)].reset_index(drop=True)
    for name in _TEXT:
        rows[name] = rows[name].astype(str)
    for name in _NUMBERS:
        numbers = pd.to_numeric(rows[name], errors="coerce").astype(np.float64)
        whole = name not in PROBABILITIES
        bad = ~np.isfinite(numbers) | (whole & (numbers % 1 != 0))
        if bad.any():
            line = int(np.flatnonzero(bad)[0])
            raise RunError(
                f"{source}, line {line + 2}, column {name} holds {str(rows[name][line])!r}; "
                f"expected a {'whole ' if whole else ''}number. Run 'lusscore cv' again."
            )
        rows[name] = numbers.astype(np.int64) if whole else numbers
    check_predictions(rows, source)
    return rows


@dataclass(frozen=True)
class HeldOut:
    """What one model said about the frames, clips or zones it was tested on.

    Attributes
    ----------
    truth, prediction
        Scores 0–3, int64, shape (rows,).
    probabilities
        Shape (rows, 4), float64.
    patient
        Row of `patients`, int64, shape (rows,).
    fold
        Row of `folds`, int64, shape (rows,).
    patients
        All patients of the run, the same for every model and level.
    folds
        All (repeat, fold) pairs of the run.
    """

    truth: NDArray[np.int64]
    prediction: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    patient: NDArray[np.int64]
    fold: NDArray[np.int64]
    patients: tuple[str, ...]
    folds: tuple[tuple[int, int], ...]

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

    def in_fold(self, fold: int) -> HeldOut:
        """Return the rows of one fold, given as row of `folds`."""
        rows = self.fold == fold
        return HeldOut(
            self.truth[rows],
            self.prediction[rows],
            self.probabilities[rows],
            self.patient[rows],
            self.fold[rows],
            self.patients,
            self.folds,
        )
