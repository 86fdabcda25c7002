import numpy as np
import pandas as pd
import pytest

from lusscore.errors import RunError
from lusscore.evaluation.predictions import (
    BASELINE,
    PREDICTION_COLUMNS,
    PROBABILITIES,
    majority_predictions,
    predicted_scores,
    read_predictions,
    write_predictions,
)


def test_what_is_written_is_read_back_with_names_as_text(rows, tmp_path):
    path = tmp_path / "predictions.csv"
    write_predictions(path, rows)
    back = read_predictions(path)
    assert tuple(back.columns) == PREDICTION_COLUMNS
    assert list(back["patient"].unique()) == ["007", "NA"]
    assert back["exam"].iloc[0] == "1"
    pd.testing.assert_frame_equal(back, rows[list(PREDICTION_COLUMNS)], check_dtype=False)
    assert back["truth"].dtype == np.int64
    assert back["p0"].dtype == np.float64


def test_an_unknown_zone_is_an_empty_cell_and_stays_empty(rows, tmp_path):
    path = tmp_path / "predictions.csv"
    rows.loc[3:, "zone"] = ""
    write_predictions(path, rows.sample(frac=1, random_state=3))
    assert ",NA,1,,b.mp4,0," in path.read_text(encoding="utf-8")
    back = read_predictions(path)
    pd.testing.assert_frame_equal(back, rows[list(PREDICTION_COLUMNS)], check_dtype=False)


def test_float32_probabilities_survive_to_the_last_bit(rows, tmp_path):
    shares = np.random.default_rng(0).dirichlet([1, 1, 1, 1], len(rows)).astype(np.float32)
    rows[["p0", "p1", "p2", "p3"]] = shares
    write_predictions(tmp_path / "p.csv", rows)
    back = read_predictions(tmp_path / "p.csv")[["p0", "p1", "p2", "p3"]].to_numpy(np.float32)
    assert np.array_equal(back, shares)


def test_any_row_order_gives_the_same_bytes(rows, tmp_path):
    for name, own in (("a", rows), ("b", rows.sample(frac=1, random_state=3))):
        write_predictions(tmp_path / name, own)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_missing_columns_are_named(rows, tmp_path):
    rows.drop(columns=["truth", "p2"]).to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(RunError, match=r"p\.csv lacks the columns truth, p2; expected model,"):
        read_predictions(tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("truth", "mild", "whole "),
        ("truth", "1.5", "whole "),
        ("fold", "", "whole "),
        ("p1", "inf", ""),
    ],
)
def test_a_cell_that_is_no_number_is_named_by_line_and_column(rows, tmp_path, column, value, kind):
    cells = rows.astype(str)
    cells.loc[2, column] = value
    cells.to_csv(tmp_path / "p.csv", index=False)
    message = f"line 4, column {column} is '{value}'; expected a {kind}number"
    with pytest.raises(RunError, match=message):
        read_predictions(tmp_path / "p.csv")


@pytest.mark.parametrize("content", [None, b"", b'a,b\n"1,2\n3', b"model\xff,p0\n1,2\n"])
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "p.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(
        RunError, match=r"p\.csv: (it is not a table|there are no predictions here)"
    ):
        read_predictions(path)


def test_equal_probabilities_give_the_higher_score():
    shares = np.array([[0.4, 0.4, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25], [0.7, 0.1, 0.1, 0.1]])
    assert predicted_scores(shares).tolist() == [1, 3, 0]


@pytest.mark.parametrize(
    ("training", "shares", "score"),
    [([0, 0, 0, 1, 3], [0.6, 0.2, 0.0, 0.2], 0), ([1, 2], [0, 0.5, 0.5, 0], 2)],
)
def test_the_baseline_has_the_frequencies_of_training(rows, training, shares, score):
    baseline = majority_predictions(rows, np.array(training))
    assert set(baseline["model"]) == {BASELINE}
    probabilities = baseline[list(PROBABILITIES)].to_numpy()
    assert np.allclose(probabilities, shares)
    assert set(predicted_scores(probabilities)) == {score}


@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (1, "truth", 4, "line 3, column truth is 4; expected a score of 0, 1, 2 or 3"),
        (1, "truth", -1, "line 3, column truth"),
        (1, "repeat", 0, "line 2, column repeat is 0; expected a number from 1"),
        (1, "fold", 0, "line 2, column fold"),
        (1, "frame", -1, "line 2, column frame"),
        (1, "patient", " ", "line 2, column patient is ' '; expected a name"),
        (1, "zone", " ", "line 2, column zone is ' '; expected a name"),
        (1, "p1", 1.2, r"line 3, column p1 is 1\.2; expected a probability from 0 to 1"),
        (1, "p0", 0.3, r"line 3, the sum of p0 to p3 is 1\.3; expected 1"),
        (1, "frame", 0, "line 3, column frame is 0; this model has already"),
        (0, "fold", 2, "patient '007' in fold 2 and in another fold of repeat 1"),
    ],
)
def test_what_cannot_be_true_is_named_by_line_and_nothing_is_written(
    rows, tmp_path, row, column, value, message
):
    rows.loc[row, column] = value
    with pytest.raises(RunError, match=message):
        write_predictions(tmp_path / "p.csv", rows)
    assert not (tmp_path / "p.csv").exists()


def test_rounded_probabilities_and_other_folds_in_another_repeat_are_allowed(rows, tmp_path):
    again = rows.assign(repeat=2, fold=3 - rows["fold"], p0=rows["p0"] * 0.9995)
    write_predictions(tmp_path / "p.csv", pd.concat([rows, again]))
    assert len(read_predictions(tmp_path / "p.csv")) == 12
    with pytest.raises(RunError, match="holds no predictions"):
        write_predictions(tmp_path / "p.csv", rows.iloc[:0])


@pytest.mark.parametrize(
    "change", [{"truth": 0}, {"exam": "2"}, {"zone": "L-ant-sup"}, {"zone": ""}, None]
)
def test_models_must_share_frames_and_truth(rows, tmp_path, change):
    other = rows.assign(model="vgg16/softmax", **(change or {})).iloc[int(change is None) :]
    with pytest.raises(RunError, match=r"'vgg16/softmax' and 'xception/softmax' were not tested"):
        write_predictions(tmp_path / "p.csv", pd.concat([rows, other]))
