from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import Segment
from lusscore.cohort.importers.reading.public_tables import (
    cell,
    columns_of,
    stand_in,
    told_of_unknown,
    with_one_group,
)
from lusscore.errors import CohortError
from lusscore.tables import Row, Table

SEGMENTS = st.lists(
    st.builds(
        Segment, st.text("ab", min_size=1), st.sampled_from("pqr"), st.just("1"), st.just(""),
        st.none(), group=st.sampled_from(["", "covid", "healthy"]),
    )
)  # fmt: skip


def test_columns_are_found_in_any_case_and_missing_ones_named() -> None:
    table = Table(Path("t.csv"), ("ID", "Luss"), (), (), "utf-8")
    assert columns_of(table, ("id", "LUSS"), "x") == {"id": 0, "LUSS": 1}
    with pytest.raises(CohortError, match="t.csv lacks the columns b, c; expected the table as x"):
        columns_of(table, ("id", "b", "c"), "x")


@pytest.mark.parametrize("text", ["", "n/A", "nd", "NaN", "None"])
def test_what_says_that_nothing_is_known_is_empty(text: str) -> None:
    assert cell(Row(1, (text, "36")), {"a": 0, "b": 1}, "a") == ""
    assert cell(Row(1, (text, "36")), {"a": 0, "b": 1}, "b") == "36"


def test_clips_of_one_source_without_a_patient_are_one_patient() -> None:
    assert stand_in("The Atlas-covid", "x") == stand_in("the atlas covid", "y")
    assert stand_in("", "x") != stand_in("", "y")
    segment = Segment("a", stand_in("s", "a"), "1", "", 1)
    assert told_of_unknown([segment, segment])[0].startswith("Of 1 clips the patient is not told")
    assert told_of_unknown([Segment("a", "36", "1", "", 1)]) == ()


@given(SEGMENTS)
def test_a_patient_has_one_group_made_of_all_that_were_told(segments: list[Segment]) -> None:
    joined = with_one_group(segments)
    for patient in "pqr":
        told = {segment.group for segment in segments if segment.patient == patient} - {""}
        groups = {segment.group for segment in joined if segment.patient == patient}
        assert groups <= {"+".join(sorted(told))}
