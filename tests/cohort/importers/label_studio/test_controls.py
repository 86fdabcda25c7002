import pytest

from lusscore.cohort.importers.label_studio.controls import find_score_control
from lusscore.cohort.importers.label_studio.tasks import LabelTask, Opinion, Told
from lusscore.errors import CohortError


def tasks(**said: tuple[str, ...]) -> list[LabelTask]:
    told = tuple(Told(name, (word,)) for name, words in said.items() for word in words)
    return [LabelTask("task 1", {}, (Opinion("1", "", told),))]


def test_the_name_decides_before_the_values() -> None:
    assert find_score_control(tasks(lus=("1", "4"), depth=("1", "2")), {}, "x") == "lus"


def test_the_values_decide_where_no_name_does() -> None:
    said = tasks(findings=("1", "3"), quality=("good",), depth=("12",), zone=("1",))
    assert find_score_control(said, {}, "x") == "findings"


def test_fields_that_hold_something_else_are_left_out() -> None:
    said = tasks(findings=("1",), region=("2",))
    assert find_score_control(said, {"zone": "region"}, "x") == "findings"


def test_none_or_several_are_asked_about() -> None:
    with pytest.raises(CohortError, match="x: no control could .*, one of quality"):
        find_score_control(tasks(quality=("good",)), {}, "x")
    with pytest.raises(CohortError, match="several controls could .*, one of a, b"):
        find_score_control(tasks(a=("1",), b=("2",), c=("x",)), {}, "x")


def test_a_choice_must_be_there_and_nothing_said_needs_none() -> None:
    assert find_score_control(tasks(a=("1",), b=("2",)), {"score": "b"}, "x") == "b"
    with pytest.raises(CohortError, match="x has no control 'c'; expected .* a, b"):
        find_score_control(tasks(a=("1",), b=("2",)), {"score": "c"}, "x")
    assert find_score_control([], {}, "x") is None
