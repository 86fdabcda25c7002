import inspect

from lusscore import errors
from lusscore.errors import InvalidCohortError, LusscoreError, Problem


def test_every_error_is_in_the_tree() -> None:
    for _, found in inspect.getmembers(errors, inspect.isclass):
        if issubclass(found, Exception):
            assert issubclass(found, LusscoreError)


def test_all_problems_of_a_file_are_told_at_once() -> None:
    error = InvalidCohortError("a.csv", [Problem("line 2", "is bad"), Problem("line 9", "too")])
    assert str(error) == (
        "a.csv has 2 problems; correct and run again:\n  line 2: is bad\n  line 9: too"
    )
