import pytest

from bench import BenchSettings, get_suites, register_suite, suite_names
from lusscore.errors import BenchError

ALL = ("start-up", "stage-one", "memory", "stage-two", "score", "precision", "scale-out", "paper")


def test_the_suites_are_those_and_the_first_five_run_by_themselves() -> None:
    assert suite_names() == ALL
    assert tuple(suite.name for suite in get_suites()) == ALL[:5]


def test_suites_are_found_by_name_once_each() -> None:
    found = get_suites(("paper", "start-up", "paper"))
    assert tuple(suite.name for suite in found) == ("paper", "start-up")


def test_an_unknown_suite_is_told_what_there_is() -> None:
    with pytest.raises(BenchError, match="did you mean paper\\? Expected one of start-up, "):
        get_suites(("papers",))


def test_a_name_is_registered_once() -> None:
    with pytest.raises(BenchError, match="registered twice"):
        register_suite("paper", "", ())(lambda settings: iter(()))


@pytest.mark.parametrize("name", ALL[1:])
def test_too_few_frames_are_refused_before_anything_is_measured(name: str) -> None:
    (suite,) = get_suites((name,))
    assert 1 < suite.least_frames <= suite.frames
    with pytest.raises(BenchError, match=f"{name} needs at least {suite.least_frames} frames"):
        suite.rows(BenchSettings(frames=1))
