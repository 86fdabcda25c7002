from dataclasses import replace
from pathlib import Path

import pytest

from lusscore.backbones import get_backbone
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.features.fingerprint import differences, fingerprint_digest, fingerprint_parts

SETTINGS = ExtractionSettings()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"frames": FramesPolicy("every", 2)}, "frames is every:2, needed all"),
        ({"repeated": "drop"}, "repeated is drop, needed keep"),
        ({"contrast": "clahe"}, "contrast is clahe, needed none"),
        ({"sector": "none"}, "sector is none, needed sector-no-text, version"),
        ({"sector": "sector"}, "sector is sector, version"),
        ({"variants": 4}, "variants is 4, needed 3"),
        ({"rotation": 1.0}, "augmentation rotation is 1.0, needed 10.0"),
        ({"shift": 0.2}, "augmentation shift"),
        ({"scale": 0.2}, "augmentation scale"),
        ({"flip": False}, "augmentation flip"),
        ({"seed": 1}, "augmentation seed"),
        ({"dtype": "float32"}, "dtype is float32, needed float16"),
    ],
)
def test_every_setting_changes_the_fingerprint_and_is_named(
    tiny_backbone: Path, changed: dict[str, object], named: str
) -> None:
    spec = get_backbone(str(tiny_backbone))
    needed = fingerprint_parts(spec, "ff", SETTINGS)
    found = fingerprint_parts(spec, "ff", replace(SETTINGS, **changed))
    assert fingerprint_digest(found) != fingerprint_digest(needed)
    (told,) = differences(found, needed)
    assert named in told


def test_backbone_and_weights_change_the_fingerprint() -> None:
    xception = fingerprint_parts(get_backbone("xception"), "aa", SETTINGS)
    resnet = fingerprint_parts(get_backbone("resnet50"), "bb", SETTINGS)
    told = "; ".join(differences(xception, resnet))
    for part in ("backbone", "input_size", "preprocessing", "weights"):
        assert f"{part} is" in told


def test_readers_without_weights_compare_the_rest() -> None:
    spec = get_backbone("vgg16")
    held = fingerprint_parts(spec, "aa", SETTINGS)
    assert differences(held, fingerprint_parts(spec, None, SETTINGS)) == []


def test_a_fingerprint_does_not_depend_on_the_order_of_its_parts() -> None:
    parts = fingerprint_parts(get_backbone("vgg16"), "aa", SETTINGS)
    assert fingerprint_digest(dict(reversed(parts.items()))) == fingerprint_digest(parts)


def test_precision_changes_the_fingerprint_and_is_named() -> None:
    spec = get_backbone("vgg16")
    full = fingerprint_parts(spec, "aa", SETTINGS, "f32")
    half = fingerprint_parts(spec, "aa", SETTINGS, "bf16")
    assert differences(half, full) == ["precision is bf16, needed f32"]
    # stage two takes any
    assert differences(half, fingerprint_parts(spec, None, SETTINGS)) == []


def test_levels_change_the_fingerprint_and_are_named() -> None:
    spec = get_backbone("vgg16")
    without = fingerprint_parts(spec, "aa", SETTINGS)
    some = fingerprint_parts(spec, "aa", replace(SETTINGS, levels=("8.max", "16.mean")))
    assert fingerprint_digest(some) != fingerprint_digest(without)
    assert differences(without, some) == ["levels is none, needed 16.mean (512), 8.max (512)"]
    assert differences(some, without) == ["levels is 16.mean (512), 8.max (512), needed none"]
    assert differences(some, some) == []
    assert differences(some, {}) == []


def test_without_levels_the_fingerprint_is_what_it_was_before_there_were_any() -> None:
    parts = fingerprint_parts(get_backbone("vgg16"), "aa", SETTINGS, "f32")
    assert "levels" not in parts


def test_the_order_of_levels_changes_no_fingerprint() -> None:
    spec = get_backbone("vgg16")
    one, other = (
        fingerprint_digest(fingerprint_parts(spec, "aa", replace(SETTINGS, levels=levels)))
        for levels in (("8.max", "16.mean"), ("16.mean", "8.max"))
    )
    assert one == other
