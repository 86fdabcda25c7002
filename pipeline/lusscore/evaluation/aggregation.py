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
    count_scores,
    predicted_scores,
)
from lusscore.evaluation.rules import (
    MAJORITY,
    Decision,
    GroupedFrames,
    Rule,
    majority_score,
)
from lusscore.evaluation.run_config import RulesTable

LEVELS = ("frame", "clip", "zone")
TRUE_COUNTS = tuple(f"true_{score}" for score in SCORES)
PREDICTED_COUNTS = tuple(f"predicted_{score}" for score in SCORES)
SELECTION_NAME = "tables/selection.csv"
_EXAM = ["model", "repeat", "fold", "patient", "exam"]
_FOLD = ["model", "repeat", "fold"]
_KEYS_OF = {"clip": list(KEYS[:-1]), "zone": list(KEYS[:-2])}
_SUMMED = ("truth", "prediction")


@dataclass(frozen=True)
class Rules:
    """Which rule clips or zones are scored by, for every model and fold.

    `overrides` maps (model, repeat, fold) to the rule that nested selection chose inside the
    training folds; `default` holds elsewhere.
    """

    default: Rule = MAJORITY
    overrides: Mapping[tuple[str, int, int], Rule] = field(default_factory=dict)

    def of(self, model: str, repeat: int, fold: int) -> Rule:
        """Return the rule of one model in one fold; the baseline's is always the majority."""
        if model == BASELINE:
            return MAJORITY
        return self.overrides.get((model, repeat, fold), self.default)


def read_rules(folder: Path, given: RulesTable) -> dict[str, Rules]:
    """Read by which rules a run is to be evaluated, for the levels ``"clip"`` and ``"zone"``.

    `given` is of its configuration; where there is ``tables/selection.csv``, its column ``rule``
    says what was chosen for clips per model, repeat and fold; an empty cell chooses nothing.

    Raises
    ------
    RunError
        If there is no such rule, or the table lacks a column or chooses twice for one fold.
    """
    path, chosen = folder / SELECTION_NAME, {}
    if path.exists():
        try:
            chosen = _overrides(pd.read_csv(path, dtype=str, keep_default_na=False))
        except (RunError, ValueError, KeyError) as error:
            raise RunError(
                f"it does not say which rule was selected in each fold ({error})",
                path=path,
                advice="run 'lusscore cv' again",
            ) from None
    return {
        "clip": Rules(Rule.parse(given.clip_rule), chosen),
        "zone": Rules(Rule.parse(given.zone_rule)),
    }


def _overrides(table: pd.DataFrame) -> dict[tuple[str, int, int], Rule]:
    chosen: dict[tuple[str, int, int], Rule] = {}
    for model, repeat, fold, name in table[[*_FOLD, "rule"]].itertuples(index=False):
        if name:
            key, rule = (model, int(repeat), int(fold)), Rule.parse(name)
            if chosen.setdefault(key, rule) != rule:
                twice = f"{rule} and {chosen[key]}"
                raise RunError(f"{twice} for {model}, repeat {repeat}, fold {fold}")
    return chosen


@dataclass(frozen=True)
class Groups:
    """Frame predictions brought together by clip or zone, before any rule is applied.

    `table` has one row per clip or zone, sorted by its keys: the keys, ``frames``, ``truth`` by
    majority of frames, ``true_0..3`` and ``predicted_0..3``; `frames` are their probabilities in
    the same order.
    """

    table: pd.DataFrame
    frames: GroupedFrames


def group_frames(predictions: pd.DataFrame, level: str) -> Groups:
    """Bring frames together by ``"clip"`` or ``"zone"``; see :func:`score_at`."""
    if level == "zone":
        predictions = predictions[predictions["zone"] != ""]
    keys = _KEYS_OF[level]
    number = predictions.groupby(keys, sort=True).ngroup().to_numpy()
    rows = predictions.iloc[np.argsort(number, kind="stable")]
    frames = GroupedFrames.of(predictions[list(PROBABILITIES)], number)
    truth = count_scores(frames.group, rows["truth"].to_numpy(), len(frames.starts))
    table = rows[keys].iloc[frames.starts].reset_index(drop=True)
    table = table.assign(frames=frames.sizes, truth=majority_score(truth))
    table[list(TRUE_COUNTS)] = truth
    table[list(PREDICTED_COUNTS)] = frames.counts
    return Groups(table, frames)


def score_at(predictions: pd.DataFrame, level: str, rules: Rules | Rule = MAJORITY) -> pd.DataFrame:
    """Turn frame predictions into one row per frame, clip or zone.

    Frames whose zone is unknown count for frames and clips; the level of zones leaves them out,
    and has no rows where no frame has a known zone. All clips of a zone are joined: its rule is
    applied to the frames of all of them.

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
    table = groups.table
    table.insert(len(_KEYS_OF[level]) + 2, "prediction", scores)
    table[list(PROBABILITIES)] = probabilities
    return table


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
    """Sum zone scores, of :func:`score_at`, to one row per exam; a missing one is never imputed.

    Returns
    -------
    DataFrame
        ``model, repeat, fold, patient, exam``, then ``zones_scored``, ``zones_of_protocol``,
        ``protocol_maximum``, the sums ``truth`` and ``prediction`` over the zones scored,
        ``error`` (prediction minus truth), ``true_mean_per_zone`` and
        ``predicted_mean_per_zone``, and ``true_highest`` and ``predicted_highest``: what the sums
        would be if every zone that is missing had the score 3.

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
    sums = {"zones_scored": ("zone", "size"), **{name: (name, "sum") for name in _SUMMED}}
    exams = zones.groupby(_EXAM, sort=True).agg(**sums).reset_index()
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
