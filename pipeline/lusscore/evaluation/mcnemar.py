"""McNemar's exact test of two models on the same zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lusscore.evaluation.comparison import holm


@dataclass(frozen=True)
class McNemar:
    """On which rows models `a` and `b` disagree about being right.

    Attributes
    ----------
    a, b
        Model names.
    rows
        Rows both were tested on, in the first repeat.
    only_a, only_b
        Rows that one of them alone scored rightly.
    p
        Two-sided exact p value of "equally often"; `p_holm` is corrected for all pairs.
    """

    a: str
    b: str
    rows: int
    only_a: int
    only_b: int
    p: float
    p_holm: float = float("nan")


def mcnemar_pairs(scored: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> list[McNemar]:
    """Test `pairs`, correcting for their number by Holm's method.

    McNemar 1947, Psychometrika 12(2):153–157, as the exact binomial test of the discordant rows.
    Repeats test the same rows again, so the first alone is used. The test takes rows for
    independent; zones of one patient are not, which makes its p values too small.

    Parameters
    ----------
    scored
        As ``aggregation.score_at`` gives it; rows of every model in the same order.
    pairs
        Names of the models compared.
    """
    from scipy.stats import binomtest

    first = scored[scored["repeat"] == scored["repeat"].min()]
    right = {
        model: (rows["truth"] == rows["prediction"]).to_numpy()
        for model, rows in first.groupby("model")
    }
    found = []
    for a, b in pairs:
        only_a = int(np.count_nonzero(right[a] & ~right[b]))
        only_b = int(np.count_nonzero(right[b] & ~right[a]))
        discordant = only_a + only_b
        p = float(binomtest(only_a, discordant).pvalue) if discordant else 1.0
        found.append(McNemar(a, b, len(right[a]), only_a, only_b, p))
    corrected = holm([each.p for each in found])
    return [replace(each, p_holm=p) for each, p in zip(found, corrected, strict=True)]
