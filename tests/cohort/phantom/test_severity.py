from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.settings import PhantomSettings
from lusscore.cohort.phantom.severity import COVID, HEALTHY, group_of, zone_scores
from lusscore.cohort.protocols import get_protocol

SEEDS = range(12)


@pytest.fixture(scope="module")
def scores() -> dict[str, np.ndarray]:
    """Scores of many cohorts by group, shape (patients, zones)."""
    found: dict[str, list[list[int]]] = {COVID: [], HEALTHY: []}
    for seed in SEEDS:
        settings = PhantomSettings(seed=seed)
        for patient in range(1, 50):
            found[group_of(settings, patient)].append([*zone_scores(settings, patient).values()])
    return {group: np.asarray(rows) for group, rows in found.items()}


def test_every_zone_of_the_protocol_has_a_score() -> None:
    scores = zone_scores(PhantomSettings(), 1)
    assert tuple(scores) == get_protocol("lus-12").zone_names


def test_groups_have_the_published_sizes(scores: dict[str, np.ndarray]) -> None:
    assert len(scores[COVID]) == 37 * len(SEEDS)
    assert len(scores[HEALTHY]) == 12 * len(SEEDS)


def test_healthy_zones_are_nearly_all_0_and_never_above_1(scores: dict[str, np.ndarray]) -> None:
    assert scores[HEALTHY].max() == 1
    assert 0.01 < scores[HEALTHY].mean() < 0.08


def test_each_score_has_its_share(scores: dict[str, np.ndarray]) -> None:
    together = np.concatenate([scores[COVID], scores[HEALTHY]])
    shares = np.bincount(together.ravel(), minlength=4) / together.size
    assert shares == pytest.approx([0.45, 0.25, 0.18, 0.12], abs=0.05)


def test_zones_of_a_patient_resemble_each_other(scores: dict[str, np.ndarray]) -> None:
    between_zones = np.corrcoef(scores[COVID].T)[np.triu_indices(12, 1)]
    assert between_zones.mean() > 0.4
    assert between_zones.mean() < 0.9


def test_dependent_zones_are_worse(scores: dict[str, np.ndarray]) -> None:
    means = dict(zip(get_protocol("lus-12").zone_names, scores[COVID].mean(axis=0), strict=True))
    for side in "RL":
        assert means[f"{side}-post-inf"] > means[f"{side}-ant-sup"] + 0.3


def test_scores_do_not_depend_on_the_number_of_patients() -> None:
    few, many = PhantomSettings(patients=3, seed=5), PhantomSettings(patients=80, seed=5)
    for patient in (1, 2, 3):
        assert group_of(few, patient) == group_of(many, patient)
        assert zone_scores(few, patient) == zone_scores(many, patient)
