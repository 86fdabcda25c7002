"""From frames to clips, zones and exams."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE, Protocol
from lusscore.errors import RunError
from lusscore.evaluation.predictions import KEYS, PROBABILITIES, SCORES, predicted_scores

LEVELS = ("frame", "clip", "zone")
TRUE_COUNTS = tuple(f"true_{score}" for score in SCORES)
PREDICTED_COUNTS = tuple(f"predicted_{score}" for score in SCORES)
_EXAM = ["model", "repeat", "fold", "patient", "exam"]
_KEYS_OF = {"frame": list(KEYS), "clip": list(KEYS[:-1]), "zone": list(KEYS[:-2])}


def majority_score(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Score by the majority of frames; of equally frequent scores, the higher.

    Raillard et al. 2022 give a zone the score most of its frames have and do not say what a
    tie gives. The higher score is the one that errs towards the sicker lung.

    Parameters
    ----------
    counts
        Frames per score 0–3 along the last axis, shape (..., 4).

    Returns
    -------
    ndarray of int64, shape (...)
    """
    from_highest = np.argmax(counts[..., ::-1], axis=-1)
    return np.asarray(MAXIMUM_ZONE_SCORE - from_highest, dtype=np.int64)


def score_at(predictions: pd.DataFrame, level: str) -> pd.DataFrame:
    """Turn frame predictions into one row per frame, clip or zone.

    Frames whose zone is unknown count for frames and clips; the level of zones leaves them out,
    and has no rows where no frame has a known zone.

    Parameters
    ----------
    predictions
        As :func:`lusscore.evaluation.predictions.read_predictions` gives them.
    level
        One of `LEVELS`.

    Returns
    -------
    DataFrame
        Sorted by its keys (those of a frame up to ``clip`` or ``zone``), then ``frames`` (how many
        it rests on), ``truth`` and ``prediction`` by majority of frames, the frames per score
        ``true_0..3`` and ``predicted_0..3``, and ``p0..3``, the mean over frames. At the level of
        frames only ``prediction`` is new.
    """
    if level == "zone":
        predictions = predictions[predictions["zone"] != ""]
    predicted = predicted_scores(predictions[list(PROBABILITIES)].to_numpy())
    if level == "frame":
        return predictions.assign(prediction=predicted)
    keys = _KEYS_OF[level]
    rows = predictions[[*keys, *PROBABILITIES]].assign(frames=1)
    truth = predictions["truth"].to_numpy()
    for score in SCORES:
        rows[TRUE_COUNTS[score]] = (truth == score).astype(np.int64)
        rows[PREDICTED_COUNTS[score]] = (predicted == score).astype(np.int64)
    sums = rows.groupby(keys, sort=True).sum().reset_index()
    sums["truth"] = majority_score(sums[list(TRUE_COUNTS)].to_numpy())
    sums["prediction"] = majority_score(sums[list(PREDICTED_COUNTS)].to_numpy())
    for name in PROBABILITIES:
        # rounded, so that means of equal probabilities stay equal and count as ties in the AUC
        sums[name] = (sums[name] / sums["frames"]).round(9)
    order = [*keys, "frames", "truth", "prediction"]
    return sums[[*order, *TRUE_COUNTS, *PREDICTED_COUNTS, *PROBABILITIES]]


def global_scores(zones: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Sum zone scores to one row per exam; zones without a score are never imputed.

    Parameters
    ----------
    zones
        As :func:`score_at` gives them at the level ``"zone"``, so none that is unknown.
    protocol
        Says how many zones an exam should have and what its score can reach.

    Returns
    -------
    DataFrame
        ``model, repeat, fold, patient, exam``, then ``zones_scored``, ``zones_of_protocol``,
        ``protocol_maximum``, the sums ``truth`` and ``prediction`` over the zones scored,
        ``error`` (prediction minus truth), and ``true_highest`` and ``predicted_highest``: what
        the sums would be if every zone that is missing had the score 3. With score 0 they would
        be the sums themselves.

    Raises
    ------
    RunError
        If a zone is not one of the protocol.
    """
    unknown = sorted(set(zones["zone"]) - set(protocol.zone_names))
    if unknown:
        raise RunError(
            f"Zone {unknown[0]!r} of the predictions is not one of protocol {protocol.name}; "
            f"expected one of {', '.join(protocol.zone_names)}. Correct the cohort's card or "
            "manifest and run 'lusscore cv' again."
        )
    exams = (
        zones.groupby(_EXAM, sort=True)
        .agg(
            zones_scored=("zone", "size"),
            truth=("truth", "sum"),
            prediction=("prediction", "sum"),
        )
        .reset_index()
    )
    exams.insert(6, "zones_of_protocol", len(protocol.zones))
    exams.insert(7, "protocol_maximum", protocol.maximum)
    unscored = MAXIMUM_ZONE_SCORE * (exams["zones_of_protocol"] - exams["zones_scored"])
    return exams.assign(
        error=exams["prediction"] - exams["truth"],
        true_highest=exams["truth"] + unscored,
        predicted_highest=exams["prediction"] + unscored,
    )
