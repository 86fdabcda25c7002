"""Frames of many clips or zones, group after group, so that a rule decides all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lusscore.evaluation.predictions import SCORES, predicted_scores

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# sums of the same frames in another order differ in the last digits; scores must not
DECIMALS = 9


@dataclass(frozen=True)
class GroupedFrames:
    """Frames of clips or zones, those of a group beside each other.

    Attributes
    ----------
    probabilities
        Of the scores 0–3, float64, shape (frames, 4).
    starts
        First row of each group, rising from 0, int64, shape (groups,).
    """

    probabilities: FloatArray
    starts: IntArray

    @classmethod
    def of(cls, probabilities: ArrayLike, group: ArrayLike | None = None) -> GroupedFrames:
        """Bring frames in any order together.

        Parameters
        ----------
        probabilities
            Shape (frames, 4), at least one frame.
        group
            Which group each frame is of, shape (frames,): whole numbers from 0, each at least
            once; None if all are of one.
        """
        given = np.asarray(probabilities, dtype=np.float64)
        if group is None:
            return cls(given, np.zeros(1, dtype=np.int64))
        number = np.asarray(group)
        order = np.argsort(number, kind="stable")
        starts = np.flatnonzero(np.diff(number[order], prepend=-1))
        return cls(given[order], starts.astype(np.int64))

    @cached_property
    def sizes(self) -> IntArray:
        """Frames of each group, shape (groups,)."""
        return np.diff(self.starts, append=len(self.probabilities)).astype(np.int64)

    @cached_property
    def group(self) -> IntArray:
        """Group of each frame, shape (frames,)."""
        return np.repeat(np.arange(len(self.starts)), self.sizes)

    @cached_property
    def scores(self) -> IntArray:
        """Most probable score of each frame, the higher of equal ones, shape (frames,)."""
        return predicted_scores(self.probabilities)

    @cached_property
    def counts(self) -> IntArray:
        """Frames of each group with each predicted score, shape (groups, 4)."""
        cell = self.group * len(SCORES) + self.scores
        counted = np.bincount(cell, minlength=len(self.starts) * len(SCORES))
        return counted.reshape(-1, len(SCORES)).astype(np.int64)

    @cached_property
    def expected(self) -> FloatArray:
        """Expected score Σ k·p_k of each frame, shape (frames,)."""
        weighted = (self.probabilities * np.array(SCORES)).sum(1)
        return np.asarray(weighted.round(DECIMALS))

    @cached_property
    def mean_probabilities(self) -> FloatArray:
        """Mean over the frames of each group, to nine decimals, shape (groups, 4)."""
        return self.mean(self.probabilities)

    def mean(self, values: NDArray[Any]) -> FloatArray:
        """Mean of `values`, shape (frames, ...), over each group, to nine decimals."""
        sums = np.add.reduceat(values, self.starts, axis=0)
        sizes = self.sizes.reshape(-1, *(1,) * (values.ndim - 1))
        return np.asarray((sums / sizes).round(DECIMALS), dtype=np.float64)

    def of_groups(self, wanted: NDArray[np.bool_]) -> GroupedFrames:
        """Take the groups for which `wanted`, shape (groups,), holds."""
        if wanted.all():
            return self
        return self.kept(np.flatnonzero(wanted[self.group]), self.sizes[wanted])

    def kept(self, order: IntArray, sizes: IntArray) -> GroupedFrames:
        """Take rows in `order`, group after group, of which each group has `sizes`."""
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        return GroupedFrames(self.probabilities[order], starts.astype(np.int64))
