from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.phantom.settings import PhantomSettings
from lusscore.errors import CohortError


def test_the_default_is_the_published_cohort() -> None:
    settings = PhantomSettings()
    assert settings.patients == 49
    assert settings.covid_among_first(49) == 37
    assert str(settings.extraction.frames) == "per-clip:4"


@given(patients=st.integers(1, 999))
def test_the_default_share_is_rounded(patients: int) -> None:
    settings = PhantomSettings(patients=patients)
    assert settings.covid_among_first(patients) == round(patients * 37 / 49)


@given(patients=st.integers(1, 300), data=st.data())
def test_a_chosen_number_of_covid_patients_is_met_one_by_one(
    patients: int, data: st.DataObject
) -> None:
    covid = data.draw(st.integers(0, patients))
    settings = PhantomSettings(patients=patients, covid=covid)
    counts = [settings.covid_among_first(first) for first in range(patients + 1)]
    assert counts[0] == 0
    assert counts[-1] == covid
    assert set(np.diff(counts)) <= {0, 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("patients", 0),
        ("patients", 1000),
        ("covid", 50),
        ("covid", -1),
        ("seed", -1),
        ("frames", 1),
        ("fps", 0),
        ("size", 95),
        ("size", 101),
        ("size", 1024),
        ("overlap", 1.5),
        ("overlap", float("nan")),
        ("visibility", 30.0),
        ("noise", -21.0),
        ("name", " "),
    ],
)
def test_a_bad_setting_is_told_by_name_value_and_what_is_allowed(name: str, value: object) -> None:
    with pytest.raises(CohortError, match=f"phantom setting {name} = .*; expected .+") as caught:
        PhantomSettings(**{name: value})  # type: ignore[arg-type]
    assert repr(value) in str(caught.value)
