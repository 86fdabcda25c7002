import pytest
from sklearn.dummy import DummyClassifier

from lusscore.errors import HeadError
from lusscore.heads import head_defaults, head_names, head_summary, make_head
from lusscore.heads.registry import register_head


def test_a_head_is_made_with_its_settings() -> None:
    head = make_head("softmax", epochs=7)
    assert head.get_params()["epochs"] == 7  # type: ignore[attr-defined]
    assert head_defaults("softmax")["dropout"] == 0.5


def test_heads_that_share_settings_keep_defaults_of_their_own() -> None:
    assert [head_defaults(name)["tol"] for name in ("logistic", "ordinal", "svm")] == [
        1e-4, 1e-5, 1e-4,
    ]  # fmt: skip
    assert "inner_folds" in head_defaults("svm")
    assert "inner_folds" not in head_defaults("logistic")


def test_an_unknown_head_or_setting_lists_what_there_is() -> None:
    with pytest.raises(HeadError, match="Unknown head 'x'; expected one of softmax"):
        make_head("x")
    with pytest.raises(HeadError, match="Head softmax has no setting 'depth'; it has dropout"):
        make_head("softmax", depth=3)


def test_a_name_is_registered_once() -> None:
    with pytest.raises(HeadError, match="'softmax' is registered twice"):
        register_head(head_names()[0])(DummyClassifier)


def test_the_papers_head_comes_first_and_every_head_says_what_it_is_in_a_line() -> None:
    assert head_names() == ("softmax", "logistic", "ordinal", "svm", "mil")
    for name in head_names():
        assert 20 < len(head_summary(name)) < 90
        assert head_summary(name).endswith(".")
