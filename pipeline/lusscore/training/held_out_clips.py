"""What a model said of clips while their patients were held out, ready to be calibrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation import GroupedFrames, Rule, group_frames
from lusscore.head import Temperature

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOutClips:
    """Frames held out, clip after clip.

    Attributes
    ----------
    frames
        Their probabilities, as the model gave them.
    truth
        Score of each clip, shape (clips,).
    fold
        Fold in which each was held out, those of repeats apart, shape (clips,).
    patient
        By number, shape (clips,).
    rule
        From frames to clips.
    """

    frames: GroupedFrames
    truth: _Int
    fold: _Int
    patient: _Int
    rule: Rule

    @classmethod
    def of(cls, predictions: pd.DataFrame, rule: Rule) -> HeldOutClips:
        """Take one model's rows of ``predictions.csv``."""
        groups = group_frames(predictions, "clip")
        table = groups.table
        return cls(
            groups.frames,
            table["truth"].to_numpy(np.int64),
            np.asarray(table.groupby(["repeat", "fold"]).ngroup(), np.int64),
            np.asarray(table.groupby("patient").ngroup(), np.int64),
            rule,
        )

    def only(self, wanted: NDArray[np.bool_]) -> HeldOutClips:
        """Take some clips, bool of shape (clips,)."""
        return HeldOutClips(
            self.frames.of_groups(wanted),
            self.truth[wanted],
            self.fold[wanted],
            self.patient[wanted],
            self.rule,
        )

    def decide(self, temperature: float = 1.0) -> tuple[_Int, _Float]:
        """Score the clips with the frames' probabilities scaled.

        Returns
        -------
        tuple
            Scores, shape (clips,), and probabilities, shape (clips, 4).
        """
        scaled = Temperature(temperature).apply(self.frames.probabilities)
        return self.rule.decide(GroupedFrames(scaled, self.frames.starts))
