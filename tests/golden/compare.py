"""Compare the outputs of two commits bit for bit: ``python tests/golden/compare.py OLD NEW``.

On one machine, with one environment, a refactoring changes no bit of an embedding and no digit of
a prediction, a measure or a scored exam. To hold it to that, from the repository's root:

    git worktree add /tmp/before COMMIT
    cp tests/golden/make_outputs.py /tmp/before/tests/golden/    # if that commit has none
    PYTHONPATH=/tmp/before/pipeline python /tmp/before/tests/golden/make_outputs.py /tmp/old
    PYTHONPATH=$PWD/pipeline python tests/golden/make_outputs.py /tmp/new
    python tests/golden/compare.py /tmp/old /tmp/new

The exit code is 0 where all is equal, and 1 where something differs, which is listed. A cohort that
one folder lacks is not compared; the answer names those that were.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from make_outputs import COHORTS
from read_outputs import (
    PREDICTION_KEYS,
    Embeddings,
    read_embeddings,
    read_exam,
    read_metrics,
    read_predictions,
)


def differences(old: Path, new: Path, cohort: str) -> Iterator[str]:
    """Yield a sentence for each output of a cohort that differs between two folders."""
    yield from _embeddings(read_embeddings(old, cohort), read_embeddings(new, cohort))
    for run in ("paper", "nested"):
        a, b = (_frame(folder, cohort, run) for folder in (old, new))
        yield from _table(f"predictions of {run}", a, b)
        a, b = (_series(read_metrics(folder, cohort, run)) for folder in (old, new))
        yield from _table(f"metrics of {run}", a, b)
    for exam in ("exam", "own-exam"):
        yield from _table(exam, *(_series(read_exam(folder, exam)) for folder in (old, new)))


def _embeddings(old: Embeddings, new: Embeddings) -> Iterator[str]:
    if old.values.shape != new.values.shape or old.values.dtype != new.values.dtype:
        told = [f"{one.values.dtype} {one.values.shape}" for one in (old, new)]
        yield f"embeddings: {' and '.join(told)}"
        return
    if not (np.array_equal(old.clip, new.clip) and np.array_equal(old.frame, new.frame)):
        yield "embeddings: of other clips or frames"
        return
    bits = f"u{old.values.dtype.itemsize}"
    unequal = old.values.view(bits) != new.values.view(bits)
    if unequal.any():
        row, variant, column = np.argwhere(unequal)[0]
        apart = np.abs(old.values.astype(float) - new.values.astype(float)).max()
        yield (
            f"embeddings: {unequal.sum()} of {unequal.size} numbers, by up to {apart:.3g}, the "
            f"first of clip {old.clip[row]}, frame {old.frame[row]}, variant {variant}, "
            f"column {column}"
        )


def _table(what: str, old: pd.DataFrame, new: pd.DataFrame) -> Iterator[str]:
    """Compare two tables of numbers by their index."""
    odd = old.index.symmetric_difference(new.index)
    if len(odd):
        yield f"{what}: {len(odd)} rows of one folder only, the first {odd[0]}"
        return
    a, b = old.to_numpy(float), new.loc[old.index].to_numpy(float)
    unequal = (a != b) & ~(np.isnan(a) & np.isnan(b))
    if unequal.any():
        first = old.index[np.argwhere(unequal)[0][0]]
        apart = np.nanmax(np.abs(a - b))
        yield f"{what}: {unequal.sum()} of {a.size} numbers, by up to {apart:.3g}, first {first}"


def _frame(folder: Path, cohort: str, run: str) -> pd.DataFrame:
    return read_predictions(folder, cohort, run).set_index(PREDICTION_KEYS)


def _series(numbers: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame({"value": pd.Series(numbers, dtype=float)})


def main(old: Path, new: Path, say: Callable[[str], object] = print) -> int:
    """Say what differs, and return the exit code."""
    cohorts = [name for name in COHORTS if (old / name).is_dir() and (new / name).is_dir()]
    found = [
        f"{name}, {told}" for name in cohorts for told in differences(old / name, new / name, name)
    ]
    for sentence in found or [f"Equal bit for bit: {', '.join(cohorts) or 'nothing was there'}."]:
        say(sentence)
    return 1 if found or not cohorts else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
