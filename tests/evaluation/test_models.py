import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_maker import BACKBONE, make_labelled
from lusscore.errors import FeatureFileError, HeadError, RunError
from lusscore.evaluation.models import (
    FeatureSet,
    HeadChoice,
    Selection,
    check_settings,
    default_grid,
    describe_selection,
    describe_settings,
    join_names,
    list_candidates,
    parse_levels,
    plan_models,
    recorded_model,
    recorded_selection,
    split_names,
)
from lusscore.evaluation.run_config import HeadTable, RunConfig, ValidationTable
from lusscore.heads import head_defaults, head_names

LEVELS = st.lists(
    st.sampled_from(["embedding", "32.top", "16.mean"]), min_size=1, max_size=3, unique=True
)
FEATURES = st.builds(
    FeatureSet, st.sampled_from(["xception", "vgg16", "net(1)"]), LEVELS.map(tuple)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "expected STRIDE"), ("16.mean+16.mean", "twice"), ("3.mean", "the embedding itself")],
)
def test_what_is_no_level_is_told(text, told):
    with pytest.raises(HeadError, match=f"(?i){told}"):
        parse_levels(text)


@given(st.lists(FEATURES, min_size=1, max_size=6, unique=True).map(tuple))
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


SETS = [(FeatureSet("xception"),), (FeatureSet("xception", ("16.mean",)),)]


def test_every_head_with_every_setting_stands_on_every_set_of_features():
    found = list_candidates(
        SETS, [HeadChoice("softmax"), HeadChoice("logistic")], {}, clip_labels=True, seed=3
    )
    assert len(found) == 2 * (1 + 3 * 2)
    assert len({(model.name, describe_settings(model.head)) for model in found}) == len(found)
    assert {model.head.settings["seed"] for model in found} == {3}


def test_a_setting_that_is_given_is_kept_and_one_to_try_is_tried():
    head = HeadChoice("logistic", {"C": 0.5})
    grids = {"logistic": {"pooling": ("none",)}}
    (found,) = list_candidates(SETS[:1], [head], grids, clip_labels=True, seed=0)
    assert found.head.settings["C"] == 0.5
    assert describe_settings(found.head) == "C=0.5"


def test_clips_are_examples_only_where_they_have_the_labels():
    for head in head_names():
        assert default_grid(head, clip_labels=False).get("pooling", ("none",)) == ("none",)


def test_a_value_out_of_range_is_refused_before_anything_is_trained():
    grids = {"logistic": {"C": (-1.0,)}}
    with pytest.raises(HeadError, match="C of head logistic cannot be -1"):
        list_candidates(SETS, [HeadChoice("logistic")], grids, clip_labels=True, seed=0)


ORDERED = (FeatureSet("xception"), FeatureSet("vgg16", ("embedding", "16.top", "16.mean")))


def _config(heads, selection=None):
    first, *others = [HeadTable(name=head.name, **head.settings) for head in heads]
    validation = ValidationTable(folds=3, repeats=1, seed=5)
    return RunConfig.model_construct(
        head=first, more_heads=tuple(others), cross_validation=validation, selection=selection
    )


def _heads(*names):
    return [HeadChoice(name, {**head_defaults(name), "seed": 5}) for name in names]


PRODUCT = tuple(
    FeatureSet(name, levels)
    for levels in (("embedding",), ("32.top", "16.mean"))
    for name in ("xception", "vgg16")
)


@pytest.mark.parametrize("features", [ORDERED, ORDERED[::-1], PRODUCT])
def test_every_model_that_a_run_can_have_is_made_again_by_its_name(features):
    heads = _heads(*head_names())
    config = _config(heads)
    for model in plan_models(features, heads, ("concatenate", "mean")):
        again = recorded_model(config, model.name)
        assert again.name == model.name
        assert (again.features, again.head) == (model.features, model.head)
        assert again.is_mean == model.is_mean


@pytest.mark.parametrize("name", ["xception/forest", "softmax", "", "xc eption/softmax", "[]/svm"])
def test_a_model_that_the_run_does_not_have_is_refused(name):
    with pytest.raises(RunError):
        recorded_model(_config(_heads("softmax", "svm")), name)


def test_settings_that_a_head_no_longer_knows_are_refused():
    config = _config([HeadChoice("softmax", {"width": 4})])
    with pytest.raises(RunError, match="width"):
        recorded_model(config, "xception/softmax")


@pytest.mark.parametrize("clip_labels", [True, False])
def test_what_was_chosen_from_is_read_back_as_it_was(clip_labels):
    heads = [HeadChoice("softmax", {"components": 8}), *map(HeadChoice, ("logistic", "mil", "svm"))]
    candidates = list_candidates(
        [(ORDERED[0],), (ORDERED[1],), ORDERED], heads, {}, clip_labels=clip_labels, seed=5
    )
    selection = Selection(candidates, ("best", "average"), "macro_f1", clip_labels, 3, 5)
    config = _config(_heads("softmax"), selection=describe_selection(selection))
    assert recorded_selection(config) == selection


def test_a_run_that_chose_nothing_says_what_to_do():
    with pytest.raises(RunError, match="--select"):
        recorded_selection(_config(_heads("softmax")))
