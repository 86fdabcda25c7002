import pytest

from lusscore.cohort.importers.cvat.frames import Mark, MarkedFrame
from lusscore.cohort.importers.cvat.scores import ScoreSource, find_score_source
from lusscore.errors import CohortError


def find(*marks: Mark, chosen: str | None = None) -> ScoreSource:
    return find_score_source([MarkedFrame("", 0, "", marks)], chosen, "x")


@pytest.mark.parametrize(
    ("mark", "chosen", "score"),
    [
        (Mark("lung", {"score": "2"}), None, 2),
        (Mark("lung", {"LUS": "score 2", "zone": "R1"}), None, 2),
        (Mark("lung", {"score": ""}), None, None),
        (Mark("lung", {"score": "__undefined__"}), None, None),
        (Mark("score 2", {}), None, 2),
        (Mark("LUS 3", {"side": "left"}), None, 3),
        (Mark("0", {}), None, 0),
        (Mark("lung", {"findings": "1", "score": "2"}), "findings", 1),
        (Mark("grade of lung 1", {}), "grade of lung", 1),
        (Mark("lung", {"value": "3"}), "lung", 3),
        (Mark("lung", {"note": "no", "score": "3"}), "lung", 3),
    ],
)
def test_where_a_score_may_stand(mark: Mark, chosen: str | None, score: int | None) -> None:
    assert find(mark, chosen=chosen).read(mark) == score


def test_labels_that_are_no_scores_say_nothing() -> None:
    source = find(Mark("score 1", {}), Mark("B-line", {}))
    assert source.read(Mark("B-line", {})) is None
    assert source.read(Mark("L3", {})) is None


def test_a_chosen_label_leaves_out_other_labels() -> None:
    source = find(Mark("left", {"score": "1"}), Mark("right", {"score": "2"}), chosen="left")
    assert source.read(Mark("right", {"score": "2"})) is None


def test_an_attribute_that_is_no_score_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="'4' is not allowed"):
        ScoreSource("score").read(Mark("lung", {"score": "4"}))


def test_none_or_several_are_asked_about() -> None:
    with pytest.raises(CohortError, match="neither an attribute nor a label .*, one of depth, B"):
        find(Mark("B", {"depth": "12"}))
    with pytest.raises(CohortError, match="several attributes could .*, one of LUS, severity"):
        find(Mark("lung", {"severity": "1", "LUS": "1", "zone": "R1"}))
    with pytest.raises(CohortError, match="x has no attribute 'c', .*; it has B, depth"):
        find(Mark("B", {"depth": "1"}), chosen="c")


def test_an_export_without_marks_needs_no_score() -> None:
    assert find() == ScoreSource()
