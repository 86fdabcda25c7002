"""Makes tables of held-out predictions that are as sure as asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import softmax

from lusscore.evaluation import PROBABILITIES


def held_out(
    sharpness: float = 1.0,
    *,
    patients: int = 40,
    repeats: int = 1,
    frames: int = 3,
    seed: int = 0,
    signal: float = 1.0,
) -> pd.DataFrame:
    """Predictions whose probabilities are right at sharpness 1; frames of a clip are alike."""
    rng = np.random.default_rng(seed)
    rows = []
    for patient in range(patients):
        for zone in ("R1", "R2", "L1", "L2"):
            logits = rng.normal(0, 1.5, 4) * signal
            truth = int(rng.choice(4, p=softmax(logits)))
            shown = softmax(sharpness * logits)
            for repeat in range(1, repeats + 1):
                fold = 1 + (patient + repeat) % 4
                known = ("m", repeat, fold, f"p{patient}", "1", zone, f"{patient}{zone}")
                rows += [(*known, frame, truth, *shown) for frame in range(frames)]
    columns = ["model", "repeat", "fold", "patient", "exam", "zone", "clip", "frame", "truth"]
    return pd.DataFrame(rows, columns=[*columns, *PROBABILITIES])
