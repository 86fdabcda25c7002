import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_maker import BACKBONE, make_labelled
from lusscore.errors import FeatureFileError, HeadError
from lusscore.evaluation.models import (
    FeatureSet,
    HeadChoice,
    check_settings,
    join_names,
    parse_levels,
    split_names,
)
from lusscore.heads import head_defaults, head_names

LEVELS = st.lists(
    st.sampled_from(["embedding", "32.top", "16.mean"]), min_size=1, max_size=3, unique=True
)
SETS = st.builds(FeatureSet, st.sampled_from(["xception", "vgg16", "net(1)"]), LEVELS.map(tuple))


def test_the_embedding_alone_goes_by_the_backbones_name():
    assert FeatureSet("xception", parse_levels("embedding")).name == "xception"
    assert FeatureSet("xception", parse_levels("embedding+16.top")).name == (
        "xception[embedding+16.top]"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "expected STRIDE"), ("16.mean+16.mean", "twice"), ("3.mean", "the embedding itself")],
)
def test_what_is_no_level_is_told(text, told):
    with pytest.raises(HeadError, match=f"(?i){told}"):
        parse_levels(text)


@given(st.lists(SETS, min_size=1, max_size=6, unique=True).map(tuple))
def test_names_of_several_sets_are_read_back_as_they_were(features):
    assert split_names(join_names(features)) == features


def test_several_levels_of_several_backbones_are_named_once():
    levels = [("embedding",), ("32.top", "32.bottom")]
    both = tuple(FeatureSet(name, each) for each in levels for name in ("xception", "vgg16"))
    assert join_names(both) == "(xception+vgg16)[embedding;32.top+32.bottom]"
    assert split_names(join_names(both)) == both
    assert join_names(both[::2]) == "xception[embedding;32.top+32.bottom]"
    assert join_names(both[:2]) == "xception+vgg16"
    assert join_names(both[:3]) == "xception+vgg16+xception[32.top+32.bottom]"


@pytest.mark.parametrize("text", ["a b", "a[16.mean;]", "a[;]", "[16.mean;8.max]"])
def test_names_that_no_sets_have_are_refused(text):
    with pytest.raises(HeadError):
        split_names(text)


def test_levels_stand_one_after_the_other_in_the_order_asked_for():
    from dataclasses import replace

    dataset = make_labelled(3).dataset
    file = dataset.features[BACKBONE]
    levels = {"16.mean": file.embeddings + 1, "32.top": file.embeddings[..., :2] + 2}
    dataset = replace(dataset, features={BACKBONE: replace(file, levels=levels)})
    rows = np.array([4, 1])
    found = dataset.embeddings([FeatureSet(BACKBONE, ("32.top", "embedding"))], rows, 1)
    own = dataset.rows[BACKBONE][rows]
    np.testing.assert_array_equal(found[..., :2], levels["32.top"][own, :1])
    np.testing.assert_array_equal(found[..., 2:], file.embeddings[own, :1])


def test_a_level_that_the_file_lacks_is_told_with_those_it_has_and_what_to_do():
    dataset = make_labelled(3).dataset
    with pytest.raises(
        FeatureFileError, match=r"does not hold the level 16\.mean; it has emb.*card"
    ):
        dataset.embeddings([FeatureSet(BACKBONE, ("16.mean",))], np.array([0]))


@pytest.mark.parametrize("name", head_names())
def test_the_defaults_of_every_head_are_in_range(name):
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
def test_what_is_out_of_range_is_told_with_the_range(setting, told):
    with pytest.raises(HeadError) as caught:
        check_settings(HeadChoice("softmax", setting))
    assert told in str(caught.value)


@pytest.mark.parametrize("name", ["logistic", "ordinal", "svm"])
def test_what_a_clip_is_to_the_convex_heads_is_told_in_a_sentence(name):
    check_settings(HeadChoice(name, {"pooling": "mean-std", "context": "exam"}))
    with pytest.raises(HeadError, match="cannot be max; expected one of mean, mean-std, none"):
        check_settings(HeadChoice(name, {"pooling": "max"}))
    with pytest.raises(HeadError, match="cannot be zone; expected one of exam, none"):
        check_settings(HeadChoice(name, {"context": "zone"}))
    with pytest.raises(HeadError, match="context=exam only where a clip is one example; add pool"):
        check_settings(HeadChoice(name, {"context": "exam"}))


@pytest.mark.parametrize("name", head_names())
def test_no_head_tells_of_ranges_in_words_that_are_not_ours(name):
    for key in head_defaults(name):
        with pytest.raises(HeadError) as caught:
            check_settings(HeadChoice(name, {key: object()}))
        assert "instance of" not in str(caught.value)
        assert "parameter" not in str(caught.value)
