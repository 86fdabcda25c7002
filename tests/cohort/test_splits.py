import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lusscore.cohort import (
    Split,
    leave_one_out,
    read_folds,
    split_by_cohort,
    split_into_folds,
    split_training,
    write_folds,
)
from lusscore.errors import FoldError, InvalidCohortError

Counts = tuple[int, int, int, int]


@dataclass(frozen=True)
class Patient:
    patient: str
    group: str
    frames: Counts


def labelled(patients: Sequence[Patient], device: str = "iQ") -> pd.DataFrame:
    rows = [
        (one.patient, one.group, device, score)
        for one in patients
        for score, count in enumerate(one.frames)
        for _ in range(count)
    ]
    return pd.DataFrame(rows, columns=["patient", "group", "device", "truth"])


def of_scores(truth: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    rows = [(patient, "", score) for patient, own in truth.items() for score in own]
    return pd.DataFrame(rows, columns=["patient", "group", "truth"])


def folds_of(frames: pd.DataFrame, splits: Sequence[Split], repeat: int = 1) -> dict[str, int]:
    """Patient → fold, each patient in one; every row is in one part of every split."""
    folds = {}
    for split in splits:
        assert sorted([*split.train, *split.test]) == list(range(len(frames)))
        patients = frames["patient"].to_numpy()
        assert not set(patients[split.train]) & set(patients[split.test])
        if split.repeat == repeat:
            assert not set(patients[split.test]) & folds.keys()
            folds |= dict.fromkeys(patients[split.test], split.fold)
    return folds


def same(one: Sequence[Split], other: Sequence[Split]) -> bool:
    return len(one) == len(other) and all(
        (a.repeat, a.fold, a.where) == (b.repeat, b.fold, b.where)
        and np.array_equal(a.train, b.train)
        and np.array_equal(a.test, b.test)
        for a, b in zip(one, other, strict=True)
    )


FRAMES = st.tuples(*[st.integers(0, 300)] * 4).filter(any)
COHORTS = st.lists(
    st.tuples(st.sampled_from(["covid", "healthy", ""]), FRAMES), min_size=2, max_size=30
).map(lambda rows: [Patient(f"p{n}", group, counts) for n, (group, counts) in enumerate(rows)])


def like_the_paper(seed: int = 0) -> list[Patient]:
    """49 patients, 37 of them with COVID-19, about 480 frames each."""
    rng = np.random.default_rng(seed)
    patients = []
    for number in range(49):
        frames = int(rng.integers(300, 700))
        shares = rng.dirichlet([0.5] * 4) if number < 37 else [1, 0, 0, 0]
        a, b, c, d = map(int, rng.multinomial(frames, shares))
        group = "covid" if number < 37 else "healthy"
        patients.append(Patient(f"p{number}", group, (a, b, c, d)))
    return patients


@given(COHORTS, st.integers(2, 6), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_every_patient_is_in_one_fold_and_groups_are_spread(
    patients: list[Patient], count: int, seed: int
) -> None:
    frames = labelled(patients)
    if len(patients) < count:
        with pytest.raises(FoldError, match="cannot fill"):
            split_into_folds(frames, count, seed=seed)
        return
    folds = folds_of(frames, split_into_folds(frames, count, seed=seed))
    assert folds.keys() == {patient.patient for patient in patients}
    sizes = Counter(folds.values())
    assert set(sizes) == set(range(1, count + 1))
    assert max(sizes.values()) - min(sizes.values()) <= 1
    for group in {patient.group for patient in patients}:
        spread = Counter(folds[p.patient] for p in patients if p.group == group)
        numbers = [spread[fold] for fold in range(1, count + 1)]
        assert max(numbers) - min(numbers) <= 1


def test_groups_are_spread_even_where_frames_would_balance_better_otherwise() -> None:
    counts = {"covid": (300, 100, 100, 100), "healthy": (10, 10, 10, 10)}
    patients = [
        Patient(f"{group} {number}", group, (count, 0, 0, 0))
        for group, own in counts.items()
        for number, count in enumerate(own)
    ]
    frames = labelled(patients)
    for seed in range(5):
        folds = folds_of(frames, split_into_folds(frames, 2, seed=seed))
        held = [folds[patient.patient] for patient in patients]
        assert sorted(held[:4]) == sorted(held[4:]) == [1, 1, 2, 2]


@given(COHORTS, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_folds_do_not_depend_on_the_order_of_patients(patients, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = patients.copy()
    random.shuffle(shuffled)
    one, other = labelled(patients), labelled(shuffled)
    assert folds_of(one, split_into_folds(one, 2)) == folds_of(other, split_into_folds(other, 2))


def test_the_papers_cohort_divides_as_in_the_paper() -> None:
    patients = like_the_paper()
    frames = labelled(patients)
    scores = {patient.patient: np.array(patient.frames) for patient in patients}
    healthy = {patient.patient for patient in patients if patient.group == "healthy"}
    held = []
    for split in split_into_folds(frames, 3):
        members = set(frames["patient"][split.test])
        assert len(members & healthy) == 4
        assert len(members - healthy) in (12, 13)
        held.append(sum(scores[patient] for patient in members))
    shares = np.array(held) / np.mean(held, axis=0)
    assert abs(shares - 1).max() < 0.05
    assert abs(np.sum(held, axis=1) / np.sum(held) - 1 / 3).max() < 0.01


def test_repeats_divide_differently_and_a_seed_repeats_itself() -> None:
    frames = labelled(like_the_paper())
    splits = split_into_folds(frames, 3, repeats=3, seed=5)
    assert [(split.repeat, split.fold) for split in splits[:4]] == [(1, 1), (1, 2), (1, 3), (2, 1)]
    folds = [folds_of(frames, splits, repeat) for repeat in (1, 2, 3)]
    assert len({tuple(sorted(one.items())) for one in folds}) == 3
    assert same(split_into_folds(frames, 3, repeats=3, seed=5), splits)
    assert folds_of(frames, split_into_folds(frames, 3, seed=6)) != folds[0]
    assert splits[4].where == "In fold 2 of repeat 2"


def test_too_few_folds_or_patients_get_a_sentence() -> None:
    frames = labelled(like_the_paper())
    with pytest.raises(FoldError, match="one fold is too few; expected at least 2"):
        split_into_folds(frames, 1)
    with pytest.raises(FoldError, match="49 patients cannot fill 50 folds"):
        split_into_folds(frames, 50)


# Leaving out every device or group

VALUES = st.dictionaries(st.text("abc", min_size=1), st.sampled_from(["x", "y", "z"]), min_size=1)


def by_device(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["patient", "device"]).assign(group="", truth=0)


@given(VALUES)
def test_every_device_is_one_fold_that_holds_all_its_patients(values: dict[str, str]) -> None:
    frames = by_device(*values.items())
    if len(set(values.values())) < 2:
        with pytest.raises(FoldError, match="leaves nobody to train on"):
            leave_one_out(frames, "device")
        return
    splits = leave_one_out(frames, "device")
    assert [split.where for split in splits] == [
        f"With device: {name} left out" for name in sorted(set(values.values()))
    ]
    assert folds_of(frames, splits).keys() == values.keys()
    for split in splits:
        assert {split.left_out} == {f"device: {name}" for name in frames["device"][split.test]}


def test_a_patient_of_unknown_device_gets_a_sentence() -> None:
    frames = by_device(("a", "x"), ("c", ""), ("c", "x"), ("b", ""), ("d", "y"))
    with pytest.raises(FoldError) as caught:
        leave_one_out(frames, "device")
    assert "the device of 2 of 4 patients is not known, the first 'b'" in str(caught.value)
    assert "fill in the manifest's column device" in str(caught.value)


def test_of_a_patient_with_two_devices_the_one_of_most_frames_counts() -> None:
    """Frames of another are in no split; of equally many the first by name counts."""
    frames = by_device(
        *[("p0", "b"), ("p0", "a"), ("p0", "a")], *[("p1", "d"), ("p1", "c")], ("p2", "b")
    )
    splits = leave_one_out(frames, "device")
    assert [split.left_out for split in splits] == ["device: a", "device: b", "device: c"]
    assert [split.test.tolist() for split in splits] == [[1, 2], [5], [4]]
    assert [split.train.tolist() for split in splits] == [[4, 5], [1, 2, 4], [1, 2, 5]]


def test_other_cohorts_are_trained_on_whole() -> None:
    (split,) = split_by_cohort([3, 2, 4])
    assert (split.train.tolist(), split.test.tolist()) == ([0, 1, 2, 3, 4], [5, 6, 7, 8])
    assert split.where == "In external validation"
    assert split.given


# Saved folds

PATIENTS = labelled([Patient(name, "covid", (5, 1, 0, 2)) for name in ("1", "2", "3", "07")])
FOLDS = {"1": 1, "2": 2, "3": 1, "07": 2}


def as_text(*cells: str, repeats: int = 1) -> str:
    rows = [
        f"{repeat},{fold},{patient},,,{cell}"
        for repeat in range(1, repeats + 1)
        for (patient, fold), cell in zip(FOLDS.items(), cells, strict=True)
    ]
    return "\n".join(["repeat,fold,patient,group,frames,left_out", *rows])


def problems(path: Path, rows: str) -> str:
    path.write_text("repeat,fold,patient,group,frames\n" + rows, encoding="utf-8")
    with pytest.raises(InvalidCohortError) as caught:
        read_folds(path, PATIENTS)
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folds.csv"


def test_folds_read_back(path: Path) -> None:
    splits = split_into_folds(PATIENTS, 2, repeats=3, seed=1)
    write_folds(path, splits, PATIENTS)
    assert same(read_folds(path, PATIENTS), splits)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "repeat,fold,patient,group,frames"
    assert len(lines) == 1 + 3 * 4
    assert set(lines[1:3]) == {
        f"1,1,{patient},covid,8" for patient in set(PATIENTS["patient"][splits[0].test])
    }


def test_what_folds_leave_out_reads_back(path: Path) -> None:
    devices = {"1": "Lumify, at: home", "2": 'iQ "2"', "3": "Lumify, at: home", "07": 'iQ "2"'}
    frames = PATIENTS.assign(device=PATIENTS["patient"].map(devices))
    splits = leave_one_out(frames, "device")
    write_folds(path, splits, frames)
    assert same(read_folds(path, frames), splits)
    assert "device: Lumify, at: home" in path.read_text(encoding="utf-8")


def test_missing_or_foreign_files_get_a_sentence(path: Path) -> None:
    with pytest.raises(FoldError, match="there are no folds"):
        read_folds(path, PATIENTS)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(FoldError, match="lacks the columns repeat, fold, patient"):
        read_folds(path, PATIENTS)


def test_a_patient_in_two_folds_in_none_or_unknown_is_refused(path: Path) -> None:
    told = problems(path, "1,1,1,,\n1,2,1,,\n1,2,2,,\n1,x,3,,\n1,1,99,,\n1,1,07,,\n")
    assert "line 3: patient '1' is in repeat 1 already" in told
    assert "line 5, column fold: 'x' is not allowed; expected a whole number" in told
    assert "line 6: patient '99' has no labelled frames here" in told
    assert "repeat 1: patient '3' is in no fold" in told


def test_an_empty_fold_or_a_missing_repeat_is_refused(path: Path) -> None:
    rows = "".join(f"1,{fold},{p},,\n" for p, fold in zip(FOLDS, (1, 3, 3, 1), strict=True))
    assert "fold 2 has no patients" in problems(path, rows)
    second = rows.replace("1,1,", "2,1,").replace("1,3,", "2,2,")
    assert "expected repeats 1, 2" in problems(path, second)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (("group: a", "group: b", "a", "group: b"), "line 4: patient '3' was in fold 1"),
        (("group: a", "group: b", "", "group: b"), "line 4: patient '3' .* with '' left out"),
        (("zone: a", "zone: b", "zone: a", "zone: b"), "expected 'device: …' or 'group: …'"),
        ((": a", "", "", ""), "': a' is not allowed; expected 'device: …' or 'group: …'"),
        (("group: a", "group: a", "group: a", "group: a"), "line 3: .* fold 2 with 'group: b'"),
        (("group: a", "device: b", "group: a", "device: b"), "with 'device: b' left out"),
        (
            ("group: b", "group: a", "group: b", "group: a"),
            "line 2: .* gives fold 1 with 'group: a'",
        ),
    ],
)
def test_saved_folds_must_leave_out_what_the_manifest_has(
    path: Path, cells: tuple[str, ...], told: str
) -> None:
    frames = PATIENTS.assign(group=PATIENTS["patient"].map(FOLDS).map({1: "a", 2: "b"}))
    good = ("group: a", "group: b", "group: a", "group: b")
    path.write_text(as_text(*good), encoding="utf-8")
    assert [split.left_out for split in read_folds(path, frames)] == ["group: a", "group: b"]
    path.write_text(as_text(*cells), encoding="utf-8")
    with pytest.raises((FoldError, InvalidCohortError), match=told):
        read_folds(path, frames)
    path.write_text(as_text(*good, repeats=2), encoding="utf-8")
    with pytest.raises(FoldError, match="fold 1 of repeat 2"):
        read_folds(path, frames)


CELLS = st.sampled_from(["device: ", "group: ", ""]).flatmap(
    lambda column: st.text('ab:, "\n', max_size=3).map(lambda value: column + value)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, min_size=4, max_size=4))
def test_whatever_stands_there_is_read_as_one_value_per_fold_or_refused(
    path: Path, cells: list[str]
) -> None:
    """The manifest has what the file says, wherever that can be."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("repeat", "fold", "patient", "left_out"))
        writer.writerows(
            (1, fold, patient, cell)
            for (patient, fold), cell in zip(FOLDS.items(), cells, strict=True)
        )
    said = {patient: cell.strip() for patient, cell in zip(FOLDS, cells, strict=True)}
    value = PATIENTS["patient"].map(said).str.partition(": ")[2]
    try:
        splits = read_folds(path, PATIENTS.assign(device=value, group=value))
    except (InvalidCohortError, FoldError):
        return
    if not splits[0].left_out:
        assert not any(said.values())
        return
    assert len({split.left_out for split in splits}) == 2
    for split in splits:
        for patient in set(PATIENTS["patient"][split.test]):
            assert said[patient] == split.left_out


# The training part of a split, divided again


def outer(frames: pd.DataFrame) -> tuple[Split, ...]:
    return split_into_folds(frames, 3)


MANY = of_scores({f"p{n:02}": [0, 1, 2, 3, (n % 4)] for n in range(16)})


def test_parts_are_of_the_training_rows_alone_and_never_split_a_patient() -> None:
    patients = MANY["patient"].to_numpy()
    for split in outer(MANY):
        parts = split_training(MANY, split, 4, 0)
        assert np.array_equal(np.sort(np.concatenate([part.test for part in parts])), split.train)
        for part in parts:
            assert np.array_equal(np.sort(np.concatenate([part.train, part.test])), split.train)
            assert not set(patients[part.train]) & set(patients[part.test])


def test_nothing_held_out_changes_the_parts() -> None:
    split = outer(MANY)[0]
    other = MANY.copy()
    other.loc[split.test, "truth"] = 3 - other.loc[split.test, "truth"]
    assert same(split_training(MANY, split, 4, 0), split_training(other, split, 4, 0))


def test_folds_and_seeds_divide_the_training_part_differently() -> None:
    split = outer(MANY)[0]
    one, other = (split_training(MANY, split, 4, seed)[0].test for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_a_part_without_which_a_score_cannot_be_learned_is_left_out() -> None:
    # score 3 is that of one patient
    frames = of_scores({f"p{n}": [3 if n == 0 else 0, 1, 2] for n in range(12)})
    patients = frames["patient"].to_numpy()
    split = Split(1, 1, np.flatnonzero(patients != "p11"), np.flatnonzero(patients == "p11"))
    parts = split_training(frames, split, 4, 0)
    assert len(parts) == 3
    assert not any("p0" in patients[part.test] for part in parts)


def test_patients_that_cannot_be_divided_again_are_refused_with_the_way_out() -> None:
    frames = of_scores({f"p{n}": [n, n] for n in range(3)})
    split = Split(1, 1, np.arange(4), np.arange(4, 6))
    with pytest.raises(FoldError, match="leave out --select"):
        split_training(frames, split, 4, 0)
