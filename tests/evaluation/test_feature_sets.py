import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_maker import BACKBONE, make_labelled
from lusscore.errors import FeatureFileError, HeadError
from lusscore.evaluation.feature_sets import FeatureSet, join_names, parse_levels, split_names

LEVELS = st.lists(
    st.sampled_from(["embedding", "32.top", "16.mean"]), min_size=1, max_size=3, unique=True
)
SETS = st.builds(FeatureSet, st.sampled_from(["xception", "vgg16", "net(1)"]), LEVELS.map(tuple))


def test_the_embedding_alone_goes_by_the_backbones_name() -> None:
    assert FeatureSet("xception", parse_levels("embedding")).name == "xception"
    assert FeatureSet("xception", parse_levels("embedding+16.top")).name == (
        "xception[embedding+16.top]"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "expected STRIDE"), ("16.mean+16.mean", "twice"), ("3.mean", "the embedding itself")],
)
def test_what_is_no_level_is_told(text: str, told: str) -> None:
    with pytest.raises(HeadError, match=f"(?i){told}"):
        parse_levels(text)


@given(st.lists(SETS, min_size=1, max_size=6, unique=True).map(tuple))
def test_names_of_several_sets_are_read_back_as_they_were(features: tuple[FeatureSet, ...]) -> None:
    assert split_names(join_names(features)) == features


def test_several_levels_of_several_backbones_are_named_once() -> None:
    levels = [("embedding",), ("32.top", "32.bottom")]
    both = tuple(FeatureSet(name, each) for each in levels for name in ("xception", "vgg16"))
    assert join_names(both) == "(xception+vgg16)[embedding;32.top+32.bottom]"
    assert split_names(join_names(both)) == both
    assert join_names(both[::2]) == "xception[embedding;32.top+32.bottom]"
    assert join_names(both[:2]) == "xception+vgg16"
    assert join_names(both[:3]) == "xception+vgg16+xception[32.top+32.bottom]"


@pytest.mark.parametrize("text", ["a b", "a[16.mean;]", "a[;]", "[16.mean;8.max]"])
def test_names_that_no_sets_have_are_refused(text: str) -> None:
    with pytest.raises(HeadError):
        split_names(text)


def test_levels_stand_one_after_the_other_in_the_order_asked_for() -> None:
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


def test_a_level_that_the_file_lacks_is_told_with_those_it_has_and_what_to_do() -> None:
    dataset = make_labelled(3).dataset
    with pytest.raises(
        FeatureFileError, match=r"does not hold the level 16\.mean; it has emb.*card"
    ):
        dataset.embeddings([FeatureSet(BACKBONE, ("16.mean",))], np.array([0]))
