import numpy as np
import pandas as pd
import pytest

from lusscore.evaluation.mcnemar import mcnemar_pairs


def _scored(right, repeat=1):
    """Make rows of models that are right (1) or wrong (0) on the same zones."""
    return pd.concat(
        [
            pd.DataFrame(
                {"model": model, "repeat": repeat, "truth": 2, "prediction": 1 + np.array(hits)}
            )
            for model, hits in right.items()
        ]
    )


def test_only_rows_on_which_one_alone_is_right_count():
    scored = _scored({"a": [1, 1, 1, 1, 1, 1, 0, 0], "b": [1, 0, 0, 0, 0, 0, 0, 1]})
    (test,) = mcnemar_pairs(scored, [("a", "b")])
    assert (test.rows, test.only_a, test.only_b) == (8, 5, 1)
    # both tails of a fair coin: 2 · (1 + 6) / 64
    assert test.p == pytest.approx(14 / 64)
    assert test.p_holm == test.p


def test_models_that_are_right_on_the_same_rows_do_not_differ():
    (test,) = mcnemar_pairs(_scored({"a": [1, 0, 1], "b": [1, 0, 1]}), [("a", "b")])
    assert test.p == 1


def test_repeats_do_not_count_rows_twice():
    right = {"a": [1, 1, 1, 0], "b": [0, 0, 1, 1]}
    once = _scored(right)
    again = pd.concat([once, _scored({"a": [1] * 4, "b": [0] * 4}, repeat=2)])
    assert mcnemar_pairs(again, [("a", "b")]) == mcnemar_pairs(once, [("a", "b")])


def test_more_pairs_never_lower_a_p_value():
    right = {"a": [1] * 9 + [0], "b": [0] * 9 + [1], "c": [1, 0] * 5}
    alone = mcnemar_pairs(_scored(right), [("a", "b")])[0]
    among = mcnemar_pairs(_scored(right), [("a", "b"), ("a", "c"), ("b", "c")])[0]
    assert among.p == alone.p
    assert among.p_holm == pytest.approx(3 * alone.p)
