import numpy as np
import pandas as pd
import pytest

from lusscore.cohort.folds import Folds
from lusscore.cohort.left_out import LeftOut
from lusscore.errors import FoldError
from lusscore.evaluation.sides import Side, check_sides, fold_sides


def frames(truth: dict[str, list[int]]) -> pd.DataFrame:
    rows = [(patient, f"{patient} {n}", score) for patient, own in truth.items()
            for n, score in enumerate(own)]  # fmt: skip
    return pd.DataFrame(rows, columns=["patient", "digest", "truth"])


def test_every_row_is_on_one_side_of_every_fold() -> None:
    rows = frames({"a": [0, 1], "b": [0, 1], "c": [1, 0, 0]})
    folds = Folds(2, ({"a": 1, "b": 2, "c": 1}, {"a": 2, "b": 1, "c": 1}))
    sides = fold_sides(rows, folds)
    assert [(side.repeat, side.fold) for side in sides] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    for side in sides:
        assert sorted([*side.train, *side.test]) == list(range(7))
    assert set(rows["patient"][sides[0].test]) == {"a", "c"}
    assert sides[0].where == "In fold 1 of repeat 1"


def test_a_side_that_leaves_something_out_is_named_by_it() -> None:
    folds = Folds(2, ({"a": 1, "b": 2},), LeftOut("device", ("iQ", "Lumify")))
    (one, two) = fold_sides(frames({"a": [0, 1], "b": [0, 1]}), folds)
    assert one.where == "With device: iQ left out"
    assert two.where == "With device: Lumify left out"


@pytest.mark.parametrize("given", ["", "With device: iQ left out"])
@pytest.mark.parametrize(("column", "what"), [("patient", "patient"), ("digest", "recording")])
def test_nothing_is_on_both_sides_however_they_were_made(
    given: str, column: str, what: str
) -> None:
    rows = frames({"a": [0, 1], "b": [0, 1]})
    rows.loc[[0, 2], column] = "same"
    side = Side(1, 1, np.array([0, 1]), np.array([2, 3]), given)
    with pytest.raises(FoldError, match=f"{side.where}, {what} 'same' is on both sides"):
        check_sides(rows, [side])


def test_a_score_that_nobody_trained_on_has_is_refused_in_folds_and_noted_where_given() -> None:
    rows = frames({"a": [0, 1, 0], "b": [1, 3, 3]})
    train, test = np.arange(3), np.arange(3, 6)
    with pytest.raises(FoldError, match="no patient left for training has score 3"):
        check_sides(rows, [Side(1, 1, train, test)])
    assert check_sides(rows, [Side(1, 1, train, test, "With group: b left out")]) == [
        "No labelled frame has score 2.",
        "With group: b left out, nobody trained on has score 3, so it is never predicted; the 2 "
        "held-out frames that have it count as wrong.",
        "With group: b left out, no held-out frame has score 0; metrics of that score are not "
        "defined there.",
    ]


def test_a_single_score_to_train_on_is_refused_even_where_sides_are_given() -> None:
    rows = frames({"healthy": [0, 0], "covid": [0, 1, 3]})
    healthy, covid = np.arange(2), np.arange(2, 5)
    with pytest.raises(
        FoldError, match=r"With group: covid left out, all frames to train on have score 0"
    ):
        check_sides(rows, [Side(1, 1, healthy, covid, "With group: covid left out")])
    notes = check_sides(rows, [Side(1, 1, covid, healthy, "With group: healthy left out")])
    assert notes[1].startswith("With group: healthy left out, no held-out frame has score 1 or 3")
