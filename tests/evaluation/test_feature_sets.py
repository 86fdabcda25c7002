import numpy as np
import pytest

from dataset_maker import BACKBONE, make_labelled
from lusscore.errors import FeatureFileError, HeadError
from lusscore.evaluation.feature_sets import FeatureSet, parse_levels


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
