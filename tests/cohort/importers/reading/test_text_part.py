import pytest

from lusscore.cohort.importers.reading.text_part import part_of, read_choice
from lusscore.errors import CohortError


@pytest.mark.parametrize(
    ("told", "name", "text", "part"),
    [
        ("zone", "zone", " R1 ", "R1"),
        ("file~[LR][123]", "file", "p7_R1_x", "R1"),
        (r"file~p(\d+)", "file", "p7_R1_x", "7"),
        (r"file~q(\d+)", "file", "p7_R1_x", ""),
        ("file~p7(b)?", "file", "p7_R1", ""),
        ("file~_(.*)_", "file", "p7_ R1 _", "R1"),
        ("~a~b", "", "a~b", "a~b"),
        ("", "", "", ""),
    ],
)
def test_a_field_or_a_part_of_it_is_taken(told: str, name: str, text: str, part: str) -> None:
    found, pattern = read_choice("zone", told)
    assert (found, part_of(text, pattern)) == (name, part)


def test_an_expression_that_is_none_gets_a_sentence() -> None:
    with pytest.raises(
        CohortError, match=r"--column zone=file~\( holds no valid regular expression"
    ):
        read_choice("zone", "file~(")
