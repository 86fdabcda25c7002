import pytest

from lusscore.errors import HeadError
from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.selection.grids import default_grid, list_candidates, tell_settings
from lusscore.heads import head_names

SETS = [(FeatureSet("xception"),), (FeatureSet("xception", ("16.mean",)),)]


def test_every_head_with_every_setting_stands_on_every_set_of_features() -> None:
    found = list_candidates(
        SETS, [HeadChoice("softmax"), HeadChoice("logistic")], {}, clip_labels=True, seed=3
    )
    assert len(found) == 2 * (1 + 3 * 2)
    assert len({(model.name, tell_settings(model.head)) for model in found}) == len(found)
    assert {model.head.settings["seed"] for model in found} == {3}


def test_a_setting_that_is_given_is_kept_and_one_to_try_is_tried() -> None:
    head = HeadChoice("logistic", {"C": 0.5})
    found = list_candidates(
        SETS[:1], [head], {"logistic": {"pooling": ("none",)}}, clip_labels=True, seed=0
    )
    assert [model.head.settings["C"] for model in found] == [0.5]
    assert tell_settings(found[0].head) == "C=0.5"


def test_clips_are_examples_only_where_they_have_the_labels() -> None:
    for head in head_names():
        assert default_grid(head, clip_labels=False).get("pooling", ("none",)) == ("none",)


def test_a_value_out_of_range_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(HeadError, match="C of head logistic cannot be -1"):
        list_candidates(
            SETS, [HeadChoice("logistic")], {"logistic": {"C": (-1.0,)}}, clip_labels=True, seed=0
        )
