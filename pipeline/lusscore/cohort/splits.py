"""Splits: labelled frames divided by patient into those trained on and those tested on.

Folds that are alike, folds that leave out every device or group in turn, other cohorts, and the
training part of a split divided again. ``folds.csv`` keeps them. What a split must not do is
checked where heads are trained, by :mod:`lusscore.evaluation.guards`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lusscore.errors import FoldError, InvalidCohortError, Problem
from lusscore.records import Record, WholeCell, read_csv

if TYPE_CHECKING:
    import pandas as pd

FOLD_COLUMNS = ("repeat", "fold", "patient", "group", "frames")
LEAVE_OUT_COLUMNS = ("device", "group")
_RESTARTS = 8
_SCORES = 4
_SEPARATOR = ": "


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of a table of labelled frames to train on, and rows to test on.

    `train` and `test` are int64 and sorted; no patient has rows in both.
    """

    repeat: int  # from 1
    fold: int  # from 1
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    left_out: str = ""  # as in folds.csv, "device: Philips Lumify"; empty where folds are alike
    name: str = ""  # how a sentence about it begins, where it is no fold

    @property
    def given(self) -> bool:
        """Whether it follows from the data, and is not one among others that could be made."""
        return bool(self.left_out or self.name)

    @property
    def where(self) -> str:
        """Name it at the beginning of a sentence."""
        if self.left_out:
            return f"With {self.left_out} left out"
        return self.name or f"In fold {self.fold} of repeat {self.repeat}"


def split_into_folds(
    frames: pd.DataFrame, count: int, *, repeats: int = 1, seed: int = 0
) -> tuple[Split, ...]:
    """Divide patients into folds of like size and content.

    Each group's patients are spread so that folds differ by at most one patient of it. Within
    that, patients of a group are exchanged between folds while it lowers the squared relative
    imbalance of frames and of frames per score.

    Parameters
    ----------
    frames
        Labelled frames, with the columns ``patient``, ``group`` and ``truth``.
    count
        Folds, at least 2.
    repeats
        How often to divide anew.
    seed
        Same seed, same folds, whatever the order of `frames`.

    Raises
    ------
    FoldError
        If there are fewer patients than folds, or fewer than two folds.
    """
    patients, first, owner = np.unique(
        frames["patient"].to_numpy(), return_index=True, return_inverse=True
    )
    if count < 2:
        raise FoldError(
            f"{'one fold is' if count == 1 else f'{count} folds are'} too few; expected at least "
            "2, one to test on and one to train on"
        )
    if len(patients) < count:
        raise FoldError(
            f"{len(patients)} patients cannot fill {count} folds, and a patient is never split",
            advice=f"ask for at most {len(patients)} folds or label more patients",
        )
    groups = np.unique(frames["group"].to_numpy()[first], return_inverse=True)[1]
    scores = np.zeros((len(patients), _SCORES))
    np.add.at(scores, (owner, frames["truth"].to_numpy()), 1)
    splits: list[Split] = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        tries = [_search(groups, scores, count, rng) for _ in range(_RESTARTS)]
        _, best = min(tries, key=lambda found: found[0])
        splits += _by_fold(best[owner] + 1, count, repeat + 1)
    return tuple(splits)


def _by_fold(fold: NDArray[np.integer[Any]], count: int, repeat: int) -> list[Split]:
    """Make a split of each fold, given that of every row."""
    return [
        Split(repeat, number, np.flatnonzero(fold != number), np.flatnonzero(fold == number))
        for number in range(1, count + 1)
    ]


def _search(
    groups: NDArray[np.int64], scores: NDArray[np.float64], count: int, rng: np.random.Generator
) -> tuple[float, NDArray[np.int64]]:
    """Start at random within the groups, then take the best exchange until none helps."""
    folds = _deal(groups, count, rng)
    amounts = np.column_stack([scores.sum(axis=1), scores])
    # In units of what each fold should hold, so that rare scores weigh as much as common ones.
    target = amounts.sum(axis=0) / count
    amounts = amounts[:, target > 0] / target[target > 0]
    exchange = amounts[None, :, :] - amounts[:, None, :]
    size = 2 * (exchange**2).sum(axis=2)
    while True:
        sums = np.stack([amounts[folds == fold].sum(axis=0) for fold in range(count)])
        gap = sums[folds][:, None, :] - sums[folds][None, :, :]
        gain = 2 * (exchange * gap).sum(axis=2) + size
        gain[(groups[:, None] != groups[None, :]) | (folds[:, None] == folds[None, :])] = 0
        i, j = np.unravel_index(np.argmin(gain), gain.shape)
        if gain[i, j] > -1e-9:
            return float(((sums - 1) ** 2).sum()), folds
        folds[i], folds[j] = folds[j], folds[i]


def _deal(groups: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal each group's shuffled patients round the folds, each group where the last ended."""
    folds = np.empty(len(groups), dtype=np.int64)
    start = 0
    for group in np.unique(groups):
        members = rng.permutation(np.flatnonzero(groups == group))
        folds[members] = (start + np.arange(len(members))) % count
        start += len(members)
    return folds


def leave_one_out(frames: pd.DataFrame, by: str) -> tuple[Split, ...]:
    """Hold out each device, or each group of patients, in turn, in the order of their names.

    A patient examined with two devices cannot be held out with both: tested in the fold of one,
    the patient's frames of the other would be there neither to train on, because of the patient,
    nor to test on, because heads of that fold have seen that device on others. The frames of the
    device that has fewer of the patient's are in no split.

    Parameters
    ----------
    frames
        Labelled frames, with the columns ``patient`` and `by`.
    by
        ``"device"`` or ``"group"``.

    Raises
    ------
    FoldError
        If a patient's device or group is not known, or all have the same.
    """
    counts = frames.groupby(["patient", by]).size().rename("frames").reset_index()
    unknown = sorted(counts.loc[counts[by] == "", "patient"])
    if unknown:
        raise FoldError(
            f"the {by} of {len(unknown)} of {counts['patient'].nunique()} patients is not known, "
            f"the first {unknown[0]!r}; each patient needs one, or may be of the {by} left out",
            advice=f"fill in the manifest's column {by}",
        )
    # of equally frequent ones the first by name: sorting is stable
    counts = counts.sort_values([by]).sort_values("frames", ascending=False, kind="stable")
    most = counts.drop_duplicates("patient").set_index("patient")[by]
    value = frames["patient"].map(most).to_numpy()
    kept = frames[by].to_numpy() == value
    names = sorted(set(most))
    if len(names) < 2:
        raise FoldError(
            f"all patients have the {by} {names[0]!r}, so leaving it out leaves nobody to train on "
            f"(expected at least two in the manifest's column {by})",
            advice="use --folds instead",
        )
    return tuple(
        Split(
            1,
            fold,
            np.flatnonzero(kept & (value != name)),
            np.flatnonzero(kept & (value == name)),
            f"{by}{_SEPARATOR}{name}",
        )
        for fold, name in enumerate(names, start=1)
    )


def split_by_cohort(sizes: Sequence[int]) -> tuple[Split, ...]:
    """Train on all frames of some cohorts and test on all of the last.

    `sizes` are the labelled frames of each cohort, as they follow each other.
    """
    rows = np.arange(sum(sizes), dtype=np.int64)
    start = len(rows) - sizes[-1]
    return (Split(1, 1, rows[:start], rows[start:], name="In external validation"),)


def split_training(frames: pd.DataFrame, split: Split, count: int, seed: int) -> tuple[Split, ...]:
    """Divide the training rows of a split by patient into `count` parts, to choose by them.

    Nothing of the rows held out is looked at. A part without which a score of the training rows
    could not be learned is left out, and there are no more parts than patients. `seed`, repeat and
    fold give the parts; their rows are those of `frames`.

    Raises
    ------
    FoldError
        If the training patients cannot be divided into at least two such parts.
    """
    known = frames.iloc[split.train]
    truth = known["truth"].to_numpy()
    patients = known["patient"].nunique()
    parts: list[Split] = []
    if min(count, patients) > 1:
        own_seed = np.random.SeedSequence([seed, split.repeat, split.fold]).generate_state(1)[0]
        for part in split_into_folds(known, min(count, patients), seed=int(own_seed)):
            if set(truth[part.train]) == set(truth):
                train, test = split.train[part.train], split.train[part.test]
                parts.append(Split(split.repeat, part.fold, train, test))
    if len(parts) < 2:
        raise FoldError(
            f"{split.where}, the {patients} training patients cannot be divided into at least "
            "two parts without which every score can still be learned",
            advice="leave out --select, ask for more --folds, or label more patients",
        )
    return tuple(parts)


def write_folds(path: Path, splits: Sequence[Split], frames: pd.DataFrame) -> None:
    """Write ``folds.csv``: who is tested on in which fold, as :func:`read_folds` reads it.

    `frames` are the labelled frames whose rows are split, with columns ``patient`` and ``group``.
    """
    import pandas as pd

    tables = []
    for split in splits:
        tested = frames.iloc[split.test].groupby("patient")["group"].agg(["first", "size"])
        table = tested.reset_index().set_axis(["patient", "group", "frames"], axis=1)
        tables.append(table.assign(repeat=split.repeat, fold=split.fold, left_out=split.left_out))
    columns = [*FOLD_COLUMNS, *(["left_out"] if splits[0].left_out else [])]
    pd.concat(tables)[columns].to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


class _FoldRow(Record):
    repeat: WholeCell = Field(ge=1, le=9999)
    fold: WholeCell = Field(ge=1, le=9999)
    patient: str
    group: str = ""
    frames: str = ""
    left_out: str = ""


def read_folds(path: Path, frames: pd.DataFrame) -> tuple[Split, ...]:
    """Read saved folds, and divide labelled frames by them.

    Parameters
    ----------
    path
        ``folds.csv`` of an earlier run.
    frames
        Labelled frames of the same patients, with the columns ``patient``, ``device``, ``group``.

    Raises
    ------
    FoldError
        If the file is missing or no folds file, or the manifest no longer has what its folds
        leave out.
    InvalidCohortError
        If rows are bad, or a patient is missing, unknown or in two folds of one repeat.
    """
    try:
        rows, problems = read_csv(path, _FoldRow, FoldError)
    except FileNotFoundError:
        raise FoldError(
            "there are no folds", advice="leave the option out to make new ones", path=path
        ) from None
    repeats, more = _folds_of_patients(rows, set(frames["patient"]))
    left_out = next((row.left_out for _, row in rows if row.left_out), "")
    by = left_out.partition(_SEPARATOR)[0]
    if left_out and by not in LEAVE_OUT_COLUMNS:
        expected = " or ".join(f"'{name}: …'" for name in LEAVE_OUT_COLUMNS)
        more.append(Problem("column left_out", f"{left_out!r} is not allowed; expected {expected}"))
    if problems + more:
        raise InvalidCohortError.of(path, problems + more)
    if left_out:
        return _left_out_again(path, by, rows, frames)
    count = max(repeats[1].values())
    return tuple(
        split
        for repeat, folds in sorted(repeats.items())
        for split in _by_fold(frames["patient"].map(folds).to_numpy(), count, repeat)
    )


def _folds_of_patients(
    rows: Sequence[tuple[int, _FoldRow]], known: set[str]
) -> tuple[dict[int, dict[str, int]], list[Problem]]:
    """Return repeat → patient → fold, and what is wrong."""
    problems = []
    repeats: dict[int, dict[str, int]] = {}
    for line, row in rows:
        folds = repeats.setdefault(row.repeat, {})
        if row.patient in folds:
            what = f"patient {row.patient!r} is in repeat {row.repeat} already"
            problems.append(Problem(f"line {line}", what))
        elif row.patient not in known:
            what = f"patient {row.patient!r} has no labelled frames here"
            problems.append(Problem(f"line {line}", what))
        folds.setdefault(row.patient, row.fold)
    count = max((row.fold for _, row in rows), default=0)
    for repeat, folds in sorted(repeats.items()):
        for patient in sorted(known - folds.keys()):
            problems.append(Problem(f"repeat {repeat}", f"patient {patient!r} is in no fold"))
        for fold in sorted(set(range(1, count + 1)) - set(folds.values())):
            problems.append(Problem(f"repeat {repeat}", f"fold {fold} has no patients"))
    if sorted(repeats) != list(range(1, len(repeats) + 1)) or count < 2:
        problems.append(Problem("file", "expected repeats 1, 2, … and at least two folds"))
    return repeats, problems


def _left_out_again(
    path: Path, by: str, rows: Sequence[tuple[int, _FoldRow]], frames: pd.DataFrame
) -> tuple[Split, ...]:
    """Leave out each device or group again; refuse what the manifest no longer has."""
    splits = leave_one_out(frames, by)
    patients = frames["patient"].to_numpy()
    now = {patient: split for split in splits for patient in set(patients[split.test])}
    for line, row in rows:
        split = now[row.patient]
        if (row.repeat, row.fold, row.left_out) != (1, split.fold, split.left_out):
            raise FoldError(
                f"patient {row.patient!r} was in fold {row.fold} of repeat {row.repeat}, with "
                f"{row.left_out!r} left out, but the manifest gives fold {split.fold} with "
                f"{split.left_out!r}; expected the {by} of every patient as it was when the folds "
                "were saved",
                where=f"line {line}",
                advice=f"make new folds with --leave-out {by}",
                path=path,
            )
    return splits
