"""Whether two properties go together, so that one can pass for the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def tells(pairs: Sequence[tuple[str, str]]) -> bool:
    """Tell whether the first property always gives the second away, or the other way round.

    False where either has fewer than two values, or where every value occurs once.
    """
    firsts, seconds = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    if min(len(firsts), len(seconds)) < 2 or max(len(firsts), len(seconds)) == len(pairs):
        return False
    return len(set(pairs)) in (len(firsts), len(seconds))


def cramers_v(pairs: Sequence[tuple[str, str]]) -> float:
    """Return Cramér's V of two properties, corrected for its bias: 0 (none) to 1.

    With φ² = χ²/n of an r × k table, φ̃² = max(0, φ² − (k−1)(r−1)/(n−1)),
    r̃ = r − (r−1)²/(n−1), k̃ = k − (k−1)²/(n−1), and V = √(φ̃² / min(k̃−1, r̃−1))
    (Bergsma 2013, J Korean Stat Soc 42(3):323–328).

    Returns
    -------
    float
        0 where either property has fewer than two values.
    """
    if len(pairs) < 2:
        return 0.0
    rows = np.unique([pair[0] for pair in pairs], return_inverse=True)[1]
    columns = np.unique([pair[1] for pair in pairs], return_inverse=True)[1]
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    n, (r, k) = table.sum(), table.shape
    if min(r, k) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    association = ((table - expected) ** 2 / expected).sum() / n
    corrected = max(0.0, association - (k - 1) * (r - 1) / (n - 1))
    least = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, corrected / least))) if least > 0 else 0.0
