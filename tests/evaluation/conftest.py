import numpy as np
import pandas as pd
import pytest

from lusscore.evaluation.predictions import HeldOut
from run_maker import make_run


@pytest.fixture
def run_folder(tmp_path):
    """A run as cross-validation leaves it, before evaluation."""
    return make_run(tmp_path / "run")


@pytest.fixture
def rows():
    """Six frames of two patients in two folds by one model, hand-made and certain."""
    truth = [0, 1, 1, 2, 2, 3]
    table = pd.DataFrame(
        {
            "model": "xception/softmax",
            "repeat": 1,
            "fold": [1, 1, 1, 2, 2, 2],
            "patient": ["007", "007", "007", "NA", "NA", "NA"],
            "exam": "1",
            "zone": "R-ant-sup",
            "clip": ["a.mp4"] * 3 + ["b.mp4"] * 3,
            "frame": [0, 1, 2, 0, 1, 2],
            "truth": truth,
        }
    )
    shares = np.eye(4)[truth]
    return table.assign(**{f"p{score}": shares[:, score] for score in range(4)})


@pytest.fixture
def held_out(make_rows):
    """Make a `HeldOut` from arrays; patients and folds default to one."""
    return make_rows


@pytest.fixture(scope="session")
def make_rows():
    """The same for tests of laws, which take no fixture of a function."""

    def make(truth, probabilities=None, prediction=None, patient=None, fold=None):
        truth = np.asarray(truth)
        if probabilities is None:
            probabilities = np.eye(4)[truth if prediction is None else np.asarray(prediction)]
        probabilities = np.asarray(probabilities, dtype=float)
        if prediction is None:
            prediction = 3 - np.argmax(probabilities[:, ::-1], axis=1)
        patient = np.zeros(len(truth), int) if patient is None else np.asarray(patient)
        fold = np.zeros(len(truth), int) if fold is None else np.asarray(fold)
        return HeldOut(
            truth,
            np.asarray(prediction),
            probabilities,
            patient,
            fold,
            tuple(map(str, range(patient.max() + 1))),
            tuple((1, number + 1) for number in range(fold.max() + 1)),
        )

    return make
