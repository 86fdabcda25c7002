import pytest

from lusscore.cohort import Segment
from lusscore.labelling.suggestion import Suggestion

SEGMENT = Segment("a.mp4", "p", "1", "R1", None)


@pytest.mark.parametrize(
    ("probabilities", "stands_for", "new", "told"),
    [
        ((0.1, 0.4, 0.35, 0.15), 7, True, "1 or 2, first of its patient and stands for 7 clips"),
        ((0.1, 0.7, 0.1, 0.1), 1, False, "unlike the others"),
        (None, 2, False, "stands for 2 clips"),
    ],
)
def test_the_reason_is_a_few_words(
    probabilities: tuple[float, float, float, float] | None,
    stands_for: int,
    new: bool,
    told: str,
) -> None:
    one = Suggestion(1, SEGMENT, probabilities, None, stands_for, new)
    assert one.reason == told
    assert one.predicted == (None if probabilities is None else 1)
    assert " or " not in one.blind_reason
