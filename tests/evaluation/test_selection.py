import pytest

from lusscore.errors import HeadError, RunError
from lusscore.evaluation.models import (
    FeatureSet,
    HeadChoice,
    Model,
    Selection,
    default_grid,
    describe_selection,
    describe_settings,
    list_candidates,
    plan_models,
    recorded_model,
    recorded_selection,
)
from lusscore.evaluation.run_config import HeadTable, RunConfig, ValidationTable
from lusscore.heads import head_defaults, head_names

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
    found = list_candidates(
        SETS[:1], [head], {"logistic": {"pooling": ("none",)}}, clip_labels=True, seed=0
    )
    assert [model.head.settings["C"] for model in found] == [0.5]
    assert describe_settings(found[0].head) == "C=0.5"


def test_clips_are_examples_only_where_they_have_the_labels():
    for head in head_names():
        assert default_grid(head, clip_labels=False).get("pooling", ("none",)) == ("none",)


def test_a_value_out_of_range_is_refused_before_anything_is_trained():
    with pytest.raises(HeadError, match="C of head logistic cannot be -1"):
        list_candidates(
            SETS, [HeadChoice("logistic")], {"logistic": {"C": (-1.0,)}}, clip_labels=True, seed=0
        )


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


@pytest.mark.parametrize("features", [ORDERED, PRODUCT])
def test_every_model_that_a_run_can_have_is_made_again_by_its_name(features):
    heads = _heads(*head_names())
    config = _config(heads)
    for model in plan_models(features, heads, ("concatenate", "mean")):
        again = recorded_model(config, model.name)
        assert again.name == model.name
        assert (again.features, again.head, again.is_mean) == (
            model.features,
            model.head,
            model.is_mean,
        )


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


def test_a_model_of_several_sets_keeps_their_order():
    model = Model(ORDERED[::-1], _heads("svm")[0])
    assert recorded_model(_config(_heads("svm")), model.name).features == ORDERED[::-1]
