"""Results are those of an earlier commit, within rounding: the safety net of a refactoring.

When one of these fails, the code is wrong until an issue says otherwise; then, and only then, see
make_golden.py. For two commits on one machine, compare.py is stricter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from make_golden import NUMBERS, summarise
from make_outputs import SHARED, lusscore, make_outputs
from read_outputs import read_metrics, read_predictions

# Golden numbers have 6 digits; probabilities and measures follow embeddings smoothly.
CLOSE = {"rtol": 1e-4, "atol": 1e-4}
# Embeddings are stored as float16, which has 11 significant bits: where another processor or
# library rounds the other way, a number moves by 2^-10 = 1e-3 of itself, and may do so twice.
FLOAT16 = {"rtol": 2e-3, "atol": 2e-4}
KEYS = {
    "embeddings": ["clip", "frame", "variant"],
    "predictions": ["model", "repeat", "clip", "frame"],
    "metrics": ["name"],
    "exam": ["name"],
    "own-exam": ["name"],
}

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Made:
    """The outputs of one cohort."""

    folder: Path
    cohort: str

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        return summarise(self.folder, self.cohort)

    def golden(self, kind: str) -> pd.DataFrame:
        return pd.read_csv(NUMBERS / self.cohort / f"{kind}.csv")


@pytest.fixture(
    scope="module",
    params=["phantom", pytest.param("covid-blues", marks=pytest.mark.shared)],
)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The outputs of a cohort, made once, also where pytest-xdist has several workers."""
    cohort = request.param
    if cohort == "covid-blues" and not SHARED.is_dir():
        pytest.skip("needs ../shared, the real clips and weights that are not part of the project")
    base = tmp_path_factory.getbasetemp()
    base = base.parent if hasattr(request.config, "workerinput") else base
    folder, done = base / "golden" / cohort, base / f"golden-{cohort}"
    with FileLock(f"{done}.lock"):
        if not done.exists():
            make_outputs(folder, cohort)
            done.touch()
    return Made(folder, cohort)


def assert_same(found: pd.DataFrame, golden: pd.DataFrame, kind: str) -> None:
    """Compare what has the same keys; the keys themselves must be the same too."""
    found, golden = (table.set_index(KEYS[kind]).sort_index() for table in (found, golden))
    lacking = golden.index.difference(found.index)
    more = found.index.difference(golden.index)
    assert not len(lacking), f"{kind}: {len(lacking)} lacking, the first {lacking[0]}"
    assert not len(more), f"{kind}: {len(more)} that were not there, the first {more[0]}"
    for column in golden.columns:
        tolerance = FLOAT16 if kind == "embeddings" and column[0] == "c" else CLOSE
        np.testing.assert_allclose(
            found[column].to_numpy(float), golden[column].to_numpy(float), **tolerance,
            err_msg=f"{kind}, column {column}",
        )  # fmt: skip


@pytest.mark.parametrize("kind", KEYS)
def test_results_are_those_of_the_golden_file(made: Made, kind: str) -> None:
    assert_same(made.tables[kind], made.golden(kind), kind)


def test_a_selection_reports_the_papers_head_as_its_own_run_does(made: Made) -> None:
    paper = read_predictions(made.folder, made.cohort, "paper")
    nested = read_predictions(made.folder, made.cohort, "nested")
    beside = nested[nested["model"].isin(paper["model"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(paper, beside)
    golden = made.golden("metrics").set_index("name")["value"]
    found = pd.Series(read_metrics(made.folder, made.cohort, "paper"))
    assert set(found.index) <= set(golden.index)
    np.testing.assert_allclose(found, golden[found.index], **CLOSE)


def test_no_patient_is_both_trained_and_tested_on(made: Made) -> None:
    table = pd.read_csv(made.folder / "results" / made.cohort / "nested" / "predictions.csv")
    folds = table.groupby(["model", "patient"])["fold"].nunique()
    assert folds.eq(1).all()
    assert table["fold"].nunique() == 3


def test_a_second_run_computes_nothing(made: Made) -> None:
    (path,) = (made.folder / "features" / made.cohort).glob("*.h5")
    before = path.read_bytes()
    lusscore(made.folder, "features", made.cohort)
    assert path.read_bytes() == before
