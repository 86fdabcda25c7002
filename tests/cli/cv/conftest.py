from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from lusscore.cohort import Cohort


@pytest.fixture
def extracted(
    lusscore: Callable[..., Result], make_cohort: Callable[..., Cohort], tiny_backbone: Path
) -> Cohort:
    cohort = make_cohort(8)
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    return cohort
