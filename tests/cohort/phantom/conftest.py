from __future__ import annotations

from pathlib import Path

import pytest

from lusscore.cohort import Cohort, PhantomSettings, write_phantom
from lusscore.cohort.phantom.beams import PROBES, BeamGrid, make_grid


@pytest.fixture(scope="session")
def small() -> PhantomSettings:
    return PhantomSettings(patients=2, covid=1, frames=3, size=96, seed=4)


@pytest.fixture(scope="session")
def small_cohort(small: PhantomSettings, tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder: Path = tmp_path_factory.mktemp("phantom") / "small"
    return write_phantom(folder, small, jobs=1)


@pytest.fixture(scope="session", params=PROBES, ids=lambda probe: probe.name)
def grid(request: pytest.FixtureRequest) -> BeamGrid:
    return make_grid(request.param, sum(request.param.depths) / 2, 256)
