"""What makes embeddings other ones, and what only says which of them are needed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backbone_maker import write_tiny_backbone
from lusscore.backbones import (
    BackboneSpec,
    get_backbone,
    load_weights,
)
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.errors import BackboneError
from lusscore.features import EMBEDDING, differences, make_recipe, make_selection
from lusscore.registry import load_plugins, unload_plugins

SETTINGS = ExtractionSettings()


def recipe(spec: BackboneSpec, **changed: object) -> dict[str, object]:
    return make_recipe(spec, "ff", replace(SETTINGS, **changed), "f32")  # type: ignore[arg-type]


def selection(spec: BackboneSpec, **changed: object) -> dict[str, object]:
    return make_selection(spec, replace(SETTINGS, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"contrast": "clahe"}, ("contrast", "clahe", "none")),
        ({"sector": "none"}, ("sector", "none", "sector-no-text")),
        ({"sector": "sector"}, ("sector", "sector", "sector-no-text")),
        ({"dtype": "float32"}, ("dtype", "float32", "float16")),
    ],
)
def test_settings_that_change_an_embedding_change_the_recipe_and_are_named(
    spec: BackboneSpec, changed: dict[str, object], named: tuple[str, ...]
) -> None:
    (told,) = differences(recipe(spec, **changed), recipe(spec))
    assert all(word in told for word in named)
    assert selection(spec, **changed) == selection(spec)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"frames": FramesPolicy("every", 2)}, ("frames", "every:2", "all")),
        ({"repeated": "drop"}, ("repeated", "drop", "keep")),
        ({"variants": 4}, ("variants", "4", "3")),
        ({"rotation": 1.0}, ("augmentation rotation", "1.0", "10.0")),
        ({"shift": 0.2}, ("augmentation shift", "0.2", "0.1")),
        ({"scale": 0.2}, ("augmentation scale", "0.2", "0.1")),
        ({"flip": False}, ("augmentation flip", "False", "True")),
        ({"seed": 1}, ("augmentation seed", "1", "0")),
    ],
)
def test_settings_that_say_which_embeddings_are_needed_are_no_part_of_the_recipe(
    spec: BackboneSpec, changed: dict[str, object], named: tuple[str, ...]
) -> None:
    (told,) = differences(selection(spec, **changed), selection(spec))
    assert all(word in told for word in named)
    assert recipe(spec, **changed) == recipe(spec)


def test_levels_are_selected_whatever_their_order_and_change_no_recipe() -> None:
    vgg16 = get_backbone("vgg16")
    with_two = selection(vgg16, levels=("8.max", "16.mean"))
    assert with_two == selection(vgg16, levels=("16.mean", "8.max"))
    assert with_two["layers"] == {EMBEDDING: 512, "16.mean": 512, "8.max": 512}
    (told,) = differences(selection(vgg16), with_two)
    assert all(word in told for word in ("layers", "16.mean (512)", "8.max (512)"))
    assert recipe(vgg16, levels=("8.max", "16.mean")) == recipe(vgg16)
    with pytest.raises(BackboneError, match=r"32\.mean"):
        selection(replace(vgg16, maps=()), levels=("32.mean",))


def test_without_variants_no_augmentation_is_needed(spec: BackboneSpec) -> None:
    assert selection(spec, variants=0, seed=1) == selection(spec, variants=0)


def test_weights_and_precision_change_the_recipe_and_are_named(spec: BackboneSpec) -> None:
    (told,) = differences(make_recipe(spec, "aa", SETTINGS, "f32"), recipe(spec))
    assert "weights is aa, needed ff" in told
    (told,) = differences(make_recipe(spec, "ff", SETTINGS, "bf16"), recipe(spec))
    assert "precision is bf16, needed f32" in told


def test_what_an_onnx_file_or_its_sidecar_says_changes_the_recipe(tmp_path: Path) -> None:
    def of_file() -> dict[str, object]:
        spec = get_backbone(str(path))
        return make_recipe(spec, load_weights(spec).digest, SETTINGS, "f32")

    path = write_tiny_backbone(tmp_path / "own.onnx")
    first = of_file()
    assert of_file() == first
    write_tiny_backbone(path, seed=1)
    (told,) = differences(of_file(), first)
    assert told.startswith("weights")
    write_tiny_backbone(path, size=32)
    assert any("input_size" in told for told in differences(of_file(), first))
    write_tiny_backbone(path)
    assert of_file() == first
    (tmp_path / "own.onnx.toml").write_text('preprocessing = "tf"\n')
    assert all(told.startswith("preprocessing") for told in differences(of_file(), first))
    assert of_file() != first


PLUG_IN = """
from lusscore.backbones import BackboneSpec, Preprocessing
from lusscore.backbones import register_backbone, register_preprocessing

register_preprocessing(Preprocessing("mine", mean=(1.0, 2.0, 3.0)))

@register_backbone(BackboneSpec("mine", (24, 24), "mine", 8, 1, 1, "registered"))
def build(spec):
    return "a network"
"""


@pytest.fixture
def plug_in(tmp_path: Path) -> Iterator[Path]:
    """A module of a user's own that registers a backbone and its preprocessing."""
    path = tmp_path / "my_network.py"
    path.write_text(PLUG_IN)
    load_plugins([path])
    yield path
    unload_plugins([path])


def test_the_source_of_a_plug_in_is_part_of_its_recipe(plug_in: Path) -> None:
    spec = get_backbone("mine")
    before = recipe(spec)
    assert recipe(spec) == before
    plug_in.write_text(PLUG_IN.replace("a network", "another network"))
    assert recipe(spec) == before  # what runs is what was read
    load_plugins([plug_in])
    (told,) = differences(recipe(spec), before)
    assert told.startswith("source")


def test_values_of_a_preprocessing_count_not_its_name_alone(
    plug_in: Path,
) -> None:
    spec = get_backbone("mine")
    before = recipe(spec)
    plug_in.write_text(PLUG_IN.replace("3.0", "4.0"))
    load_plugins([plug_in])
    told, _ = differences(recipe(spec), before)
    assert told.startswith("preprocessing mean")
