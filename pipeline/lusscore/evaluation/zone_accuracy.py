"""Frame accuracy per zone and fold: the paper's Fig. 2."""

from __future__ import annotations

import pandas as pd

from lusscore.cohort import Protocol


def zone_accuracy(frames: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Compute the share of frames scored rightly, per model, zone and fold.

    Parameters
    ----------
    frames
        As ``aggregation.score_at`` gives them at the level ``"frame"``.
    protocol
        Gives the order of the zones.

    Returns
    -------
    DataFrame
        ``model, zone, repeat, fold, frames, accuracy``; a zone without frames in a fold has no
        row there, and frames whose zone is unknown count nowhere.
    """
    keys = ["model", "zone", "repeat", "fold"]
    known = frames[frames["zone"] != ""]
    right = known[keys].assign(right=known["prediction"] == known["truth"])
    table = right.groupby(keys)["right"].agg(frames="size", accuracy="mean").reset_index()
    place = {zone: row for row, zone in enumerate(protocol.zone_names)}
    order = table.assign(zone=table["zone"].map(place)).sort_values(keys).index
    return table.loc[order].reset_index(drop=True)
