import pytest

from lusscore.cohort import get_protocol
from lusscore.errors import CohortError
from lusscore.labelling.checked_input import check_rater, check_score, check_words, check_zone


@pytest.mark.parametrize("score", [-1, 4, 1.0, "1", True, None])
def test_only_four_scores_are_let_through(score: object) -> None:
    with pytest.raises(CohortError, match="expected 0, 1, 2 or 3"):
        check_score(score)  # type: ignore[arg-type]
    for allowed in range(4):
        check_score(allowed)


@pytest.mark.parametrize("rater", ["", "  ", "\t"])
def test_a_label_has_a_rater(rater: str) -> None:
    with pytest.raises(CohortError, match="The rater is empty"):
        check_rater(rater)


@pytest.mark.parametrize("rater", ["unnamed", "majority of 2", "tie of 3", "mean of 4"])
def test_words_that_mean_something_else_in_a_manifest_are_no_raters(rater: str) -> None:
    with pytest.raises(CohortError, match="means something else"):
        check_rater(rater)


@pytest.mark.parametrize("words", ["two\nlines", "a\0b", "x" * 101, "\ufeffz"])
def test_what_is_no_line_of_text_is_refused_without_being_repeated(words: str) -> None:
    with pytest.raises(CohortError, match="The device cannot be saved") as caught:
        check_words("device", words, needed=False)
    assert words not in str(caught.value)
    assert check_words("device", " Lumify ") == "Lumify"
    assert check_words("device", "", needed=False) == ""


def test_a_zone_is_the_protocols_or_unknown() -> None:
    protocol = get_protocol("blue-6")
    check_zone("", protocol)
    check_zone("R1", protocol)
    with pytest.raises(CohortError, match="'R-ant-sup' is not a zone of blue-6"):
        check_zone("R-ant-sup", protocol)
