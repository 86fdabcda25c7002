import pandas as pd
import pytest

from lusscore.errors import RunError
from lusscore.evaluation.predictions_check import check_predictions


def test_good_predictions_pass(rows):
    check_predictions(rows, "p.csv")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("truth", 4, r"p\.csv, line 3, column truth holds 4; expected a score of 0, 1, 2 or 3"),
        ("truth", -1, r"line 3, column truth"),
        ("repeat", 0, r"line 3, column repeat holds 0; expected a number from 1"),
        ("fold", 0, r"line 3, column fold"),
        ("frame", -1, r"line 3, column frame"),
        ("patient", " ", r"line 3, column patient holds ' '; expected a name"),
        ("zone", " ", r"line 3, column zone holds ' '; expected a name, or nothing where it is"),
        ("p1", 1.2, r"line 3, column p1 holds 1\.2; expected a probability from 0 to 1"),
        ("p0", 0.3, r"line 3: the probabilities p0 to p3 sum to 1\.3; expected 1"),
    ],
)
def test_a_value_out_of_range_is_named_by_line(rows, column, value, message):
    rows[column] = rows[column].astype(object if isinstance(value, str) else float)
    rows.loc[1, column] = value
    if column not in ("p0", "p1", "patient", "zone"):
        rows[column] = rows[column].astype(int)
    with pytest.raises(RunError, match=message):
        check_predictions(rows, "p.csv")


def test_rounding_of_probabilities_is_tolerated(rows):
    rows["p0"] = rows["p0"] * 0.9995
    check_predictions(rows, "p.csv")


def test_no_rows_are_refused(rows):
    with pytest.raises(RunError, match="holds no predictions"):
        check_predictions(rows.iloc[:0], "p.csv")


def test_a_frame_predicted_twice_is_refused(rows):
    rows.loc[1, "frame"] = 0
    with pytest.raises(RunError, match=r"line 3, column frame holds 0; this model has already"):
        check_predictions(rows, "p.csv")


def test_a_patient_in_two_folds_of_one_repeat_is_refused(rows):
    rows.loc[0, "fold"] = 2
    with pytest.raises(RunError, match="patient '007' in fold 1 and in another fold of repeat 1"):
        check_predictions(rows, "p.csv")


def test_a_patient_may_change_folds_between_repeats(rows):
    again = rows.assign(repeat=2, fold=3 - rows["fold"])
    check_predictions(pd.concat([rows, again], ignore_index=True), "p.csv")


def test_a_zone_may_be_unknown(rows):
    check_predictions(rows.assign(zone=""), "p.csv")


@pytest.mark.parametrize(
    "change", [{"truth": 0}, {"exam": "2"}, {"zone": "L-ant-sup"}, {"zone": ""}]
)
def test_models_must_share_frames_and_truth(rows, change):
    other = rows.assign(model="vgg16/softmax", **change)
    with pytest.raises(RunError, match="'vgg16/softmax' and 'xception/softmax' were not tested"):
        check_predictions(pd.concat([rows, other], ignore_index=True), "p.csv")


def test_a_model_that_lacks_frames_is_refused(rows):
    other = rows.iloc[1:].assign(model="vgg16/softmax")
    with pytest.raises(RunError, match=r"5 and 6 rows"):
        check_predictions(pd.concat([rows, other], ignore_index=True), "p.csv")
