import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    mean_absolute_error,
    precision_recall_fscore_support,
)

from lusscore.evaluation import confusion

_pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


@settings(deadline=None)
@given(_pairs)
def test_every_metric_equals_scikit_learns(pairs):
    truth, prediction = np.array(pairs).T
    present = np.unique(truth)
    matrix = confusion_matrix(truth, prediction, labels=range(4)).astype(float)
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, prediction, labels=present, average="macro", zero_division=0.0
    )
    assert confusion.accuracy(matrix) == pytest.approx(accuracy_score(truth, prediction))
    found = confusion.all_metrics(matrix)
    assert found["macro_precision"] == pytest.approx(precision)
    assert found["macro_recall"] == pytest.approx(recall)
    assert found["macro_f1"] == pytest.approx(f1)
    each = precision_recall_fscore_support(truth, prediction, labels=range(4), zero_division=0.0)
    for name, expected in zip(("precision", "recall", "f1"), each, strict=False):
        values = confusion.per_class(matrix)[name]
        assert values[present] == pytest.approx(expected[present])
        assert np.isnan(np.delete(values, present)).all()
    assert confusion.mean_absolute_error(matrix) == pytest.approx(
        mean_absolute_error(truth, prediction)
    )
    near = np.abs(truth - prediction) <= 1
    assert confusion.within_one(matrix) == pytest.approx(near.mean())
    if len(present) > 1 and len(np.union1d(truth, prediction)) == len(present):
        balanced = balanced_accuracy_score(truth, prediction)
        assert found["balanced_accuracy"] == pytest.approx(balanced)
    if len(np.union1d(truth, prediction)) > 1:
        kappa = cohen_kappa_score(truth, prediction, labels=range(4), weights="quadratic")
        assert confusion.quadratic_kappa(matrix) == pytest.approx(kappa)
    else:
        assert np.isnan(confusion.quadratic_kappa(matrix))


def test_many_matrices_at_once_equal_one_by_one():
    matrices = np.random.default_rng(0).integers(0, 9, (50, 4, 4)).astype(float)
    single = [confusion.all_metrics(matrix) for matrix in matrices]
    for name, values in confusion.all_metrics(matrices).items():
        assert np.allclose(values, [each[name] for each in single]), name


def test_an_empty_matrix_leaves_everything_undefined():
    empty = np.zeros((4, 4))
    assert all(np.isnan(value) for value in confusion.all_metrics(empty).values())


def test_patient_matrices_sum_to_the_whole(held_out):
    generator = np.random.default_rng(1)
    rows = held_out(
        generator.integers(0, 4, 200),
        prediction=generator.integers(0, 4, 200),
        patient=generator.integers(0, 7, 200),
    )
    matrices = confusion.patient_confusions(rows)
    assert matrices.shape == (7, 4, 4)
    whole = confusion_matrix(rows.truth, rows.prediction, labels=range(4))
    assert np.array_equal(matrices.sum(0), whole)
