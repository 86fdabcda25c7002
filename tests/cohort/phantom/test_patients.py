from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import PhantomSettings, get_protocol
from lusscore.cohort.phantom.beams import PROBES
from lusscore.cohort.phantom.patients import Patient, draw_patient
from lusscore.errors import CohortError

SEEDS = 12
ZONES = get_protocol("lus-12").zone_names


@pytest.fixture(scope="module")
def patients() -> list[Patient]:
    return [
        draw_patient(PhantomSettings(seed=seed), number)
        for seed in range(SEEDS)
        for number in range(1, 50)
    ]


def scores(patients: list[Patient], covid: bool) -> np.ndarray:
    """Scores of one group, shape (patients, zones)."""
    return np.asarray([[*one.scores.values()] for one in patients if one.covid == covid])


def test_the_default_is_the_published_cohort(patients: list[Patient]) -> None:
    assert PhantomSettings().patients == 49
    assert len(scores(patients, True)) == 37 * SEEDS
    counts = np.cumsum([patient.covid for patient in patients[:49]])
    assert counts.tolist() == [round(first * 37 / 49) for first in range(1, 50)]


@given(patients=st.integers(1, 300), data=st.data())
def test_a_chosen_number_of_covid_patients_is_met_one_by_one(
    patients: int, data: st.DataObject
) -> None:
    covid = data.draw(st.integers(0, patients))
    settings = PhantomSettings(patients=patients, covid=covid)
    counts = [settings.covid_among_first(first) for first in range(patients + 1)]
    assert (counts[0], counts[-1]) == (0, covid)
    assert set(np.diff(counts)) <= {0, 1}


def test_healthy_zones_are_nearly_all_0_and_never_above_1(patients: list[Patient]) -> None:
    healthy = scores(patients, False)
    assert healthy.max() == 1
    assert 0.01 < healthy.mean() < 0.08


def test_each_score_has_its_share(patients: list[Patient]) -> None:
    together = np.asarray([[*one.scores.values()] for one in patients])
    shares = np.bincount(together.ravel(), minlength=4) / together.size
    assert shares == pytest.approx([0.45, 0.25, 0.18, 0.12], abs=0.05)


def test_zones_of_a_patient_resemble_each_other_and_dependent_ones_are_worse(
    patients: list[Patient],
) -> None:
    covid = scores(patients, True)
    assert 0.4 < np.corrcoef(covid.T)[np.triu_indices(12, 1)].mean() < 0.9
    means = dict(zip(ZONES, covid.mean(axis=0), strict=True))
    for side in "RL":
        assert means[f"{side}-post-inf"] > means[f"{side}-ant-sup"] + 0.3


def test_every_probe_scans_both_groups(patients: list[Patient]) -> None:
    found = Counter((patient.probe.name, patient.covid) for patient in patients[:49])
    assert set(found) == {(probe.name, covid) for probe in PROBES for covid in (True, False)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("patients", 0), ("patients", 1000), ("covid", 50), ("seed", -1), ("frames", 1)],
        *[("size", 95), ("size", 101), ("size", 1024), ("name", " "), ("name", "../a")],
    ],
)
def test_a_bad_setting_is_named_with_its_value_and_what_is_allowed(
    name: str, value: object
) -> None:
    with pytest.raises(CohortError, match=f"{name} = .*; expected .+") as caught:
        PhantomSettings(**{name: value})  # type: ignore[arg-type]
    assert repr(value) in str(caught.value)
