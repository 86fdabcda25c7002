import numpy as np
import pytest
from sklearn.metrics import auc

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.metrics import measure
from lusscore.evaluation.predictions import HeldOut, read_predictions
from lusscore.evaluation.roc import GRID, roc_table
from run_maker import Recipe, make_run


@pytest.fixture
def frames(tmp_path):
    folder = make_run(tmp_path / "run", Recipe(capped_fold=2))
    return score_at(read_predictions(folder / "predictions.csv"), "frame")


def test_the_area_under_a_curve_is_the_auc(frames):
    table = roc_table(frames, ["xception/softmax"])
    rows = frames[frames["model"] == "xception/softmax"]
    held_out = HeldOut.of(rows, sorted(rows["patient"].unique()))
    expected = measure(held_out.in_fold(0)).auc
    for score in range(4):
        curve = table[(table["fold"] == 1) & (table["score"] == score)]
        area = auc(curve["false_positive_rate"], curve["true_positive_rate"])
        assert area == pytest.approx(expected[score], abs=0.02)


def test_every_curve_is_on_the_grid_and_rises_to_one(frames):
    table = roc_table(frames, ["xception/softmax", "resnet50/softmax"])
    for _, curve in table.groupby(["model", "repeat", "fold", "score"]):
        assert curve["false_positive_rate"].tolist() == GRID.tolist()
        assert (np.diff(curve["true_positive_rate"]) >= 0).all()
        assert curve["true_positive_rate"].iloc[-1] == 1


def test_a_score_the_fold_lacks_has_no_curve(frames):
    table = roc_table(frames, ["xception/softmax"])
    assert set(table.loc[table["fold"] == 2, "score"]) == {0, 1}
    assert set(table.loc[table["fold"] == 1, "score"]) == {0, 1, 2, 3}
