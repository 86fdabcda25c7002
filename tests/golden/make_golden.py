"""Write the golden files anew: ``python tests/golden/make_golden.py``.

A golden file changes only in a commit of its own. Its message says which sentence of which issue
asks for the change, and what the difference is: which numbers, by how much. A change of the code
that was meant to change no result and makes a golden test fail is a defect of that change.

``numbers/<cohort>/`` holds what was derived from a cohort, to 6 significant digits: no image, and
of COVID-BLUES, which is CC BY-NC-ND, no label, name or row of a table; clips are numbered.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from make_outputs import COHORTS, SHARED, make_outputs
from read_outputs import (
    PREDICTION_KEYS,
    PROBABILITIES,
    Embeddings,
    read_embeddings,
    read_exam,
    read_metrics,
    read_predictions,
)

NUMBERS = Path(__file__).parent / "numbers"

# of the embedding, of 16.std and of 32.top; all of them seldom zero
_COLUMNS = (23, 241, 458, 869, 1232, 1506, 1739, 1975, 2606, 3184)


def summarise(folder: Path, cohort: str) -> dict[str, pd.DataFrame]:
    """Tabulate what is kept of a cohort's outputs, by the name of the golden file.

    The last columns are numbers that are compared; those before them say of what.
    """
    predictions = read_predictions(folder, cohort, "nested")
    kept = [*PREDICTION_KEYS, "fold", *(["truth"] if cohort == "phantom" else []), *PROBABILITIES]
    learned = ~predictions["model"].str.startswith("baseline/")
    return {
        "embeddings": summarise_embeddings(read_embeddings(folder, cohort)),
        "predictions": predictions.loc[learned, kept].reset_index(drop=True),
        "metrics": _named(read_metrics(folder, cohort, "nested")),
        "exam": _named(read_exam(folder)),
        "own-exam": _named(read_exam(folder, "own-exam")),
    }


def summarise_embeddings(embeddings: Embeddings) -> pd.DataFrame:
    """Tabulate of each frame and variant the mean and norm, and some of its numbers.

    Columns are ``clip, frame, variant, width, mean, norm``, the last two over the whole width, and
    ``c<column>``.
    """
    values = embeddings.values.astype(np.float64)
    frames, variants, width = values.shape
    flat = values.reshape(frames * variants, width)
    table = {
        "clip": embeddings.clip.repeat(variants),
        "frame": embeddings.frame.repeat(variants),
        "variant": np.tile(np.arange(variants), frames),
        "width": width,
        "mean": flat.mean(axis=1),
        "norm": np.linalg.norm(flat, axis=1),
    }
    return pd.DataFrame(table | {f"c{column}": flat[:, column] for column in _COLUMNS})


def _named(numbers: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(sorted(numbers.items()), columns=["name", "value"])


if __name__ == "__main__":
    if not SHARED.is_dir():
        sys.exit(f"{SHARED} is not there: the golden files of COVID-BLUES would stay old.")
    with tempfile.TemporaryDirectory() as scratch:
        for name in COHORTS:
            made = summarise(make_outputs(Path(scratch) / name, name), name)
            (NUMBERS / name).mkdir(parents=True, exist_ok=True)
            for kind, table in made.items():
                table.to_csv(NUMBERS / name / f"{kind}.csv", index=False, float_format="%.6g")
