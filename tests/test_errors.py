import inspect
import pickle
from pathlib import Path

from lusscore import errors
from lusscore.errors import DamagedFileError, InvalidCohortError, LusscoreError, Problem


def test_every_error_is_in_the_tree() -> None:
    for _, found in inspect.getmembers(errors, inspect.isclass):
        if issubclass(found, Exception):
            assert issubclass(found, LusscoreError)


def test_all_problems_of_a_file_are_told_at_once() -> None:
    error = InvalidCohortError.of("a.csv", [Problem("line 2", "is bad"), Problem("line 9", "too")])
    assert str(error) == (
        "a.csv has 2 problems; correct and run again:\n  line 2: is bad\n  line 9: too"
    )


def test_a_path_is_told_on_a_terminal_and_nowhere_else() -> None:
    path = Path("clinic", "Jane Roe", "left.mp4")
    problem = Problem("line 2", "is bad", clip="Jane Roe/left.mp4")
    error = LusscoreError(
        "no frame can be decoded", path=path, where="frame 3", advice="record it again"
    )
    assert str(error) == f"{path}: frame 3: no frame can be decoded; record it again."
    assert error.without_path() == "Frame 3: no frame can be decoded; record it again."
    for each in (error, InvalidCohortError.of(path, [problem]), DamagedFileError(path, "bad")):
        assert "Jane Roe" in str(each)
        assert "Jane Roe" not in each.without_path().replace("features Jane Roe", "")
        again = pickle.loads(pickle.dumps(each))
        assert (str(again), again.without_path()) == (str(each), each.without_path())
