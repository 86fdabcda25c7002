import pytest

from lusscore.errors import HeadError
from lusscore.evaluation.head_ranges import check_settings
from lusscore.evaluation.models import HeadChoice
from lusscore.heads import head_defaults, head_names


@pytest.mark.parametrize("name", head_names())
def test_the_defaults_of_every_head_are_in_range(name: str) -> None:
    check_settings(HeadChoice(name, head_defaults(name)))


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"dropout": 5.0}, "head softmax cannot be 5.0; expected a number from 0 to below 1."),
        ({"epochs": 0}, "epochs of head softmax cannot be 0; expected a whole number from 1."),
        ({"learning_rate": 0.0}, "cannot be 0.0; expected a number above 0."),
        ({"learning_rate": float("nan")}, "cannot be nan; expected a number above 0."),
        ({"optimizer": "best"}, "cannot be best; expected one of adam, adamw, rmsprop, sgd."),
        ({"test_variants": 3}, "cannot be 3; expected true or false."),
        ({"class_weight": "some"}, "cannot be some; expected one of balanced, none."),
        ({"depth": 1}, "Head softmax has no setting 'depth'"),
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_told_with_the_range(setting: dict[str, object], told: str) -> None:
    with pytest.raises(HeadError) as caught:
        check_settings(HeadChoice("softmax", setting))
    assert told in str(caught.value)


@pytest.mark.parametrize("name", ["logistic", "ordinal", "svm"])
def test_what_a_clip_is_to_the_convex_heads_is_told_in_a_sentence(name: str) -> None:
    check_settings(HeadChoice(name, {"pooling": "mean-std", "context": "exam"}))
    with pytest.raises(HeadError, match="cannot be max; expected one of mean, mean-std, none"):
        check_settings(HeadChoice(name, {"pooling": "max"}))
    with pytest.raises(HeadError, match="cannot be zone; expected one of exam, none"):
        check_settings(HeadChoice(name, {"context": "zone"}))
    with pytest.raises(HeadError, match="context=exam only where a clip is one example; add pool"):
        check_settings(HeadChoice(name, {"context": "exam"}))


@pytest.mark.parametrize("name", head_names())
def test_no_head_tells_of_ranges_in_words_that_are_not_ours(name: str) -> None:
    for key in head_defaults(name):
        with pytest.raises(HeadError) as caught:
            check_settings(HeadChoice(name, {key: object()}))
        assert "instance of" not in str(caught.value)
        assert "parameter" not in str(caught.value)
