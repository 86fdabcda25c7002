"""Folds: patients divided for cross-validation, written down and checked when read back."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lusscore.cohort.csv_rows import read_csv
from lusscore.cohort.left_out import LEFT_OUT_COLUMN, LeftOut, read_left_out
from lusscore.errors import CohortError, FoldError, InvalidCohortError, Problem

_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
FOLD_COLUMNS = ("repeat", "fold", "patient", "group", "frames")


@dataclass(frozen=True)
class PatientFrames:
    """What the folds are balanced by.

    Attributes
    ----------
    patient
        The patient.
    group
        Stratum; empty when unknown.
    frames
        Labelled frames per score 0–3.
    """

    patient: str
    group: str
    frames: tuple[int, int, int, int]


@dataclass(frozen=True)
class Folds:
    """A division of patients into folds, possibly several times over.

    Attributes
    ----------
    count
        Folds per repeat.
    repeats
        One mapping from patient to fold (from 1) per repeat.
    left_out
        What each fold leaves out beside its patients; None where folds are alike.
    """

    count: int
    repeats: tuple[Mapping[str, int], ...]
    left_out: LeftOut | None = None

    def test_patients(self, repeat: int, fold: int) -> frozenset[str]:
        """Patients held out in fold `fold` of repeat `repeat`, both from 1."""
        return frozenset(
            patient for patient, number in self.repeats[repeat - 1].items() if number == fold
        )


def write_folds(path: Path, folds: Folds, patients: Sequence[PatientFrames]) -> None:
    """Write folds so that :func:`read_folds` gives them back."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        left_out = folds.left_out
        writer.writerow(FOLD_COLUMNS if left_out is None else (*FOLD_COLUMNS, LEFT_OUT_COLUMN))
        for repeat, division in enumerate(folds.repeats, start=1):
            for patient in sorted(patients, key=lambda p: (division[p.patient], p.patient)):
                fold = division[patient.patient]
                cells = (repeat, fold, patient.patient, patient.group, sum(patient.frames))
                writer.writerow(cells if left_out is None else (*cells, left_out.of_fold(fold)))


def read_folds(path: Path, patients: Sequence[PatientFrames]) -> Folds:
    """Read folds and check them against the patients there are.

    Raises
    ------
    FoldError
        If the file is missing or not a folds file.
    InvalidCohortError
        If rows are bad, a patient is missing, unknown or in two folds of one repeat, or a fold
        leaves out two things, or two folds the same.
    """
    try:
        rows = read_csv(path, ("repeat", "fold", "patient"))
    except FileNotFoundError:
        raise FoldError(f"No folds at {path}; leave the option out to make new ones.") from None
    except CohortError as error:
        raise FoldError(f"{error} A folds.csv of an earlier run is needed.") from None
    known = {patient.patient for patient in patients}
    problems: list[Problem] = []
    repeats: dict[int, dict[str, int]] = {}
    for line, row in rows:
        where = f"line {line}"
        patient = row["patient"] or ""
        numbers = [row["repeat"] or "", row["fold"] or ""]
        if not all(_NUMBER.fullmatch(number) for number in numbers):
            problems.append(Problem(where, "repeat and fold must be whole numbers from 1"))
            continue
        repeat, fold = map(int, numbers)
        division = repeats.setdefault(repeat, {})
        if patient in division:
            problems.append(Problem(where, f"patient {patient!r} is in repeat {repeat} already"))
        elif patient not in known:
            problems.append(Problem(where, f"patient {patient!r} has no labelled frames here"))
        division.setdefault(patient, fold)
    count = max((fold for division in repeats.values() for fold in division.values()), default=0)
    for repeat, division in sorted(repeats.items()):
        for patient in sorted(known - division.keys()):
            problems.append(Problem(f"repeat {repeat}", f"patient {patient!r} is in no fold"))
        for fold in sorted(set(range(1, count + 1)) - set(division.values())):
            problems.append(Problem(f"repeat {repeat}", f"fold {fold} has no patients"))
    if sorted(repeats) != list(range(1, len(repeats) + 1)) or count < 2:
        problems.append(Problem("file", "expected repeats 1, 2, … and at least two folds"))
    divisions = tuple(repeats[repeat] for repeat in sorted(repeats))
    left_out = None
    if not problems:
        left_out, problems = read_left_out(rows, divisions, count)
    if problems:
        raise InvalidCohortError(path, problems)
    return Folds(count, divisions, left_out)
