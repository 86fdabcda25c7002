from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.cohort.fold_search import make_folds
from lusscore.cohort.folds import PatientFrames
from lusscore.errors import FoldError

FRAMES = st.tuples(*[st.integers(0, 300)] * 4).filter(any)
COHORTS = st.lists(
    st.tuples(st.sampled_from(["covid", "healthy", ""]), FRAMES), min_size=2, max_size=30
).map(
    lambda rows: [PatientFrames(f"p{n}", group, counts) for n, (group, counts) in enumerate(rows)]
)


def like_the_paper(seed: int = 0) -> list[PatientFrames]:
    """49 patients, 37 of them with COVID-19, about 480 frames each."""
    rng = np.random.default_rng(seed)
    patients = []
    for number in range(49):
        frames = int(rng.integers(300, 700))
        shares = rng.dirichlet([0.5] * 4) if number < 37 else [1, 0, 0, 0]
        a, b, c, d = map(int, rng.multinomial(frames, shares))
        group = "covid" if number < 37 else "healthy"
        patients.append(PatientFrames(f"p{number}", group, (a, b, c, d)))
    return patients


@given(COHORTS, st.integers(2, 6), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_every_patient_is_in_one_fold_and_groups_are_spread(
    patients: list[PatientFrames], count: int, seed: int
) -> None:
    if len(patients) < count:
        with pytest.raises(FoldError, match="cannot fill"):
            make_folds(patients, count, seed=seed)
        return
    (division,) = make_folds(patients, count, seed=seed).repeats
    assert division.keys() == {patient.patient for patient in patients}
    sizes = Counter(division.values())
    assert set(sizes) == set(range(1, count + 1))
    assert max(sizes.values()) - min(sizes.values()) <= 1
    for group in {patient.group for patient in patients}:
        spread = Counter(division[p.patient] for p in patients if p.group == group)
        numbers = [spread[fold] for fold in range(1, count + 1)]
        assert max(numbers) - min(numbers) <= 1


def test_groups_are_spread_even_where_frames_would_balance_better_otherwise() -> None:
    frames = {"covid": (300, 100, 100, 100), "healthy": (10, 10, 10, 10)}
    patients = [
        PatientFrames(f"{group} {number}", group, (count, 0, 0, 0))
        for group, counts in frames.items()
        for number, count in enumerate(counts)
    ]
    for seed in range(5):
        (division,) = make_folds(patients, 2, seed=seed).repeats
        held = [division[patient.patient] for patient in patients]
        assert sorted(held[:4]) == sorted(held[4:]) == [1, 1, 2, 2]


@given(COHORTS, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_folds_do_not_depend_on_the_order_of_patients(patients, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = patients.copy()
    random.shuffle(shuffled)
    assert make_folds(shuffled, 2) == make_folds(patients, 2)


def test_the_papers_cohort_divides_as_in_the_paper() -> None:
    patients = like_the_paper()
    folds = make_folds(patients, 3)
    frames = {patient.patient: np.array(patient.frames) for patient in patients}
    healthy = {patient.patient for patient in patients if patient.group == "healthy"}
    held = []
    for fold in (1, 2, 3):
        members = folds.test_patients(1, fold)
        assert len(members & healthy) == 4
        assert len(members - healthy) in (12, 13)
        held.append(sum(frames[patient] for patient in members))
    shares = np.array(held) / np.mean(held, axis=0)
    assert abs(shares - 1).max() < 0.05
    assert abs(np.sum(held, axis=1) / np.sum(held) - 1 / 3).max() < 0.01


def test_repeats_divide_differently_and_a_seed_repeats_itself() -> None:
    patients = like_the_paper()
    folds = make_folds(patients, 3, repeats=3, seed=5)
    assert len({tuple(sorted(division.items())) for division in folds.repeats}) == 3
    assert make_folds(patients, 3, repeats=3, seed=5) == folds
    assert make_folds(patients, 3, repeats=1, seed=6).repeats[0] != folds.repeats[0]


def test_too_few_folds_or_patients_get_a_sentence() -> None:
    with pytest.raises(FoldError, match="One fold is too few; expected at least 2"):
        make_folds(like_the_paper(), 1)
    with pytest.raises(FoldError, match="49 patients cannot fill 50 folds"):
        make_folds(like_the_paper(), 50)
