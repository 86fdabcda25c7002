"""From frames to clips, zones and exams, by the rules of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from lusscore.cohort import MAXIMUM_ZONE_SCORE, Protocol
from lusscore.errors import RunError
from lusscore.evaluation.predictions import (
    BASELINE,
    KEYS,
    PROBABILITIES,
    SCORES,
    predicted_scores,
)
from lusscore.evaluation.rules import MAJORITY, Decision, GroupedFrames, Rule, majority_score
from lusscore.evaluation.run_config import RulesTable

LEVELS = ("frame", "clip", "zone")
TRUE_COUNTS = tuple(f"true_{score}" for score in SCORES)
PREDICTED_COUNTS = tuple(f"predicted_{score}" for score in SCORES)
SELECTION_NAME = "tables/selection.csv"
_EXAM = ["model", "repeat", "fold", "patient", "exam"]
_FOLD = ["model", "repeat", "fold"]
_KEYS_OF = {"clip": list(KEYS[:-1]), "zone": list(KEYS[:-2])}
_RULE_COLUMNS = {"clip": "rule", "zone": "zone_rule"}


@dataclass(frozen=True)
class Rules:
    """Which rule clips or zones are scored by, for every model and fold.

    Attributes
    ----------
    default
        Where no other was chosen.
    overrides
        (model, repeat, fold) → rule, as nested selection chose it inside the training folds.
    """

    default: Rule = MAJORITY
    overrides: Mapping[tuple[str, int, int], Rule] = field(default_factory=dict)

    def of(self, model: str, repeat: int, fold: int) -> Rule:
        """Return the rule of one model in one fold.

        The baseline's is always the majority: it predicts the most frequent score of its training
        frames, whatever rule the models have.
        """
        if model == BASELINE:
            return MAJORITY
        return self.overrides.get((model, repeat, fold), self.default)


def read_rules(folder: Path, given: RulesTable) -> dict[str, Rules]:
    """Read by which rules a run is to be evaluated, for the levels ``"clip"`` and ``"zone"``.

    Parameters
    ----------
    folder
        The run: column ``rule`` of ``tables/selection.csv`` (and ``zone_rule``), where there is
        one, says what was chosen per model, repeat and fold; an empty cell chooses nothing.
    given
        The table ``evaluation`` of its configuration.

    Raises
    ------
    RunError
        If there is no such rule, or the table lacks a column or chooses twice for one fold.
    """
    path = folder / SELECTION_NAME
    chosen = pd.DataFrame()
    if path.exists():
        try:
            chosen = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        except (ValueError, pd.errors.ParserError) as error:
            raise RunError(f"{path} is not a table ({error}); run 'lusscore cv' again.") from None
    return {
        level: Rules(
            Rule.parse(getattr(given, f"{level}_rule")),
            _overrides(chosen, column, path) if column in chosen else {},
        )
        for level, column in _RULE_COLUMNS.items()
    }


def _overrides(table: pd.DataFrame, column: str, path: Path) -> dict[tuple[str, int, int], Rule]:
    missing = [name for name in _FOLD if name not in table]
    if missing:
        raise RunError(
            f"it lacks the column {missing[0]}; expected {', '.join(_FOLD)} beside {column}. "
            "Run 'lusscore cv' again.",
            path=path,
        )
    chosen: dict[tuple[str, int, int], Rule] = {}
    for line, row in enumerate(table.to_dict("records"), start=2):
        if not row[column]:
            continue
        try:
            key = row["model"], int(row["repeat"]), int(row["fold"])
            rule = Rule.parse(row[column])
        except (RunError, ValueError) as error:
            raise RunError(f"{path}, line {line}: {error}") from None
        if chosen.setdefault(key, rule) != rule:
            raise RunError(
                f"{path}, line {line} chooses {rule} for {key[0]}, repeat {key[1]}, fold {key[2]}, "
                f"for which {chosen[key]} was chosen above; expected one rule per fold. Run "
                "'lusscore cv' again."
            )
    return chosen


@dataclass(frozen=True)
class Groups:
    """Frame predictions brought together by clip or zone, before any rule is applied.

    Attributes
    ----------
    table
        One row per clip or zone, sorted by its keys: the keys, ``frames``, ``truth`` by majority
        of frames, ``true_0..3`` and ``predicted_0..3``.
    frames
        Their probabilities, in the same order.
    """

    table: pd.DataFrame
    frames: GroupedFrames


def group_frames(predictions: pd.DataFrame, level: str) -> Groups:
    """Bring frames together by ``"clip"`` or ``"zone"``; see :func:`score_at`."""
    if level == "zone":
        predictions = predictions[predictions["zone"] != ""]
    keys = _KEYS_OF[level]
    number = predictions.groupby(keys, sort=True).ngroup().to_numpy()
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    rows = predictions.iloc[order]
    frames = GroupedFrames(rows[list(PROBABILITIES)].to_numpy(np.float64), starts)
    truth = np.zeros((len(starts), len(SCORES)), dtype=np.int64)
    np.add.at(truth, (frames.group, rows["truth"].to_numpy()), 1)
    table = rows[keys].iloc[starts].reset_index(drop=True)
    table = table.assign(frames=frames.sizes, truth=majority_score(truth))
    table[list(TRUE_COUNTS)] = truth
    table[list(PREDICTED_COUNTS)] = frames.counts
    return Groups(table, frames)


def score_at(predictions: pd.DataFrame, level: str, rules: Rules | Rule = MAJORITY) -> pd.DataFrame:
    """Turn frame predictions into one row per frame, clip or zone.

    Frames whose zone is unknown count for frames and clips; the level of zones leaves them out,
    and has no rows where no frame has a known zone. All clips of a zone are joined: its rule is
    applied to the frames of all of them.

    Parameters
    ----------
    predictions
        As :func:`lusscore.evaluation.predictions.read_predictions` gives them.
    level
        One of `LEVELS`.
    rules
        By which rule frames give the score of their clip or zone; frames need none.

    Returns
    -------
    DataFrame
        Sorted by its keys (those of a frame up to ``clip`` or ``zone``), then ``frames`` (how many
        it rests on), ``truth`` by majority of frames whatever the rule, ``prediction`` by the
        rule, the frames per score ``true_0..3`` and ``predicted_0..3``, and ``p0..3`` as the rule
        gives them, to nine decimals, so that equal ones stay equal and count as ties in the AUC.
        At the level of frames only ``prediction`` is new, and rows are as given.
    """
    if level == "frame":
        scores = predicted_scores(predictions[list(PROBABILITIES)].to_numpy())
        return predictions.assign(prediction=scores)
    groups = group_frames(predictions, level)
    scores, probabilities = _decide(groups, rules if isinstance(rules, Rules) else Rules(rules))
    table = groups.table.assign(prediction=scores)
    table[list(PROBABILITIES)] = probabilities
    order = [*_KEYS_OF[level], "frames", "truth", "prediction"]
    return table[[*order, *TRUE_COUNTS, *PREDICTED_COUNTS, *PROBABILITIES]]


def _decide(groups: Groups, rules: Rules) -> Decision:
    """Score every group by the rule of its model and fold."""
    parts = groups.table[_FOLD]
    # both in the order of first appearance; pandas 2 makes no such index of no rows
    fold = parts.groupby(_FOLD, sort=False).ngroup().to_numpy()
    keys = parts.drop_duplicates().itertuples(index=False, name=None)
    scores = np.zeros(len(fold), dtype=np.int64)
    probabilities = np.zeros((len(fold), len(SCORES)))
    used = [rules.of(*key) for key in keys]
    for rule in dict.fromkeys(used):
        mine = np.array([each == rule for each in used])[fold]
        scores[mine], probabilities[mine] = rule.decide(groups.frames.of_groups(mine))
    return scores, probabilities


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
        ``error`` (prediction minus truth), ``true_mean_per_zone`` and
        ``predicted_mean_per_zone``, the sums divided by the zones scored, and ``true_highest`` and
        ``predicted_highest``: what the sums would be if every zone that is missing had the score
        3. With score 0, the lowest there is, they would be the sums themselves.

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
        true_mean_per_zone=exams["truth"] / exams["zones_scored"],
        predicted_mean_per_zone=exams["prediction"] / exams["zones_scored"],
        true_highest=exams["truth"] + unscored,
        predicted_highest=exams["prediction"] + unscored,
    )


def zone_accuracy(frames: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Compute frame accuracy per model, zone and fold: the paper's Fig. 2.

    A zone without frames in a fold has no row there, and frames whose zone is unknown count
    nowhere. Zones are in the order of the protocol.
    """
    keys = ["model", "zone", "repeat", "fold"]
    known = frames[frames["zone"] != ""]
    right = known[keys].assign(right=known["prediction"] == known["truth"])
    table = right.groupby(keys)["right"].agg(frames="size", accuracy="mean").reset_index()
    place = {zone: row for row, zone in enumerate(protocol.zone_names)}
    order = table.assign(zone=table["zone"].map(place)).sort_values(keys).index
    return table.loc[order].reset_index(drop=True)
