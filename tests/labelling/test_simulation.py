"""The tool by which docs/labelling.md was made."""

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from labelling.pool_maker import make_pool
from lusscore.labelling.predict import DEFAULT_HEAD

PATH = Path(__file__).parents[2] / "pipeline" / "tools" / "simulate_labelling.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The tool as a module; it is no part of the package."""
    spec = importlib.util.spec_from_file_location("simulate_labelling", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate_labelling"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_no_patient_is_asked_about_and_tested_on(tool: ModuleType) -> None:
    pool = make_pool(9, labelled=lambda segment: True)
    tested: list[int] = []
    for askable, test in tool.divide(pool, 3, 0):
        assert not set(pool.patients[askable]) & set(pool.patients[test])
        tested += test.tolist()
    assert sorted(tested) == list(range(len(pool.segments)))


def test_what_is_hidden_is_nowhere_to_be_seen(tool: ModuleType) -> None:
    pool = tool.pooled(make_pool(4, labelled=lambda segment: True))
    known = np.array([True, False, False])
    part = tool.only(pool, np.array([3, 5, 8]), known)
    assert part.scores.tolist() == [pool.scores[3], -1, -1]
    assert part.frames["truth"].tolist() == part.scores.tolist()
    assert [segment.clip for segment in part.segments] == [
        pool.segments[row].clip for row in (3, 5, 8)
    ]
    assert np.array_equal(part.vectors(), pool.vectors()[[3, 5, 8]])


@pytest.mark.parametrize("start", [0, 4])
def test_every_way_gets_the_same_start_and_ends_with_all_labels_alike(
    tool: ModuleType, start: int
) -> None:
    pool = tool.pooled(make_pool(6, noise=0.5, labelled=lambda segment: True))
    arguments = argparse.Namespace(
        start=start, batch=4, most=16, folds=3, seeds=1, first_seed=0
    )  # 16 of the 24 clips can be asked for
    curves = tool.simulate(pool, DEFAULT_HEAD, arguments)
    assert curves.labels.tolist() == [4, 8, 12, 16]
    for ways in curves.values.values():
        assert {runs.shape for runs in ways.values()} == {(3, 4)}
        by_lot = ways["by lot"]
        for runs in ways.values():
            assert np.array_equal(runs[:, -1], by_lot[:, -1], equal_nan=True)
            assert not start or np.array_equal(runs[:, 0], by_lot[:, 0], equal_nan=True)
    assert curves.test_share == pytest.approx(0.5)


def test_labels_needed_are_read_off_between_the_steps(tool: ModuleType) -> None:
    labels, curve = np.array([10, 20, 30]), np.array([0.2, 0.4, 0.5])
    assert tool.needed(labels, curve, 0.45) == pytest.approx(25)
    assert tool.needed(labels, curve, 0.1) == 10
    assert np.isnan(tool.needed(labels, curve, 0.6))


def test_an_interval_is_wider_than_runs_without_shared_patients_would_give(
    tool: ModuleType,
) -> None:
    runs = np.array([0.1, 0.2, 0.3, 0.4, np.nan])
    assert tool.interval(runs, 0.0) == "0.250 [0.045, 0.455]"
    assert tool.interval(runs, 0.5) == "0.250 [-0.106, 0.606]"
