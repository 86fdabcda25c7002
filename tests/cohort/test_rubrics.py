import pytest

from lusscore.cohort import describe_rubric, rubric_names
from lusscore.errors import CohortError


def test_every_rubric_has_a_reference() -> None:
    assert all(describe_rubric(name) for name in rubric_names())


def test_an_unknown_rubric_lists_those_there_are() -> None:
    with pytest.raises(CohortError, match=r"Unknown rubric 'x'; expected one of .*soldati-2020"):
        describe_rubric("x")
