import pytest

from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.errors import CohortError


def test_settings_read_back_from_their_table() -> None:
    settings = ExtractionSettings(FramesPolicy("every", 5), variants=7, rotation=3.5, flip=False)
    assert ExtractionSettings.from_table(settings.as_table()) == settings


def test_keys_left_out_keep_their_defaults() -> None:
    assert ExtractionSettings.from_table({"variants": 1}) == ExtractionSettings(variants=1)


def test_a_whole_number_will_do_for_a_fraction() -> None:
    assert ExtractionSettings.from_table({"rotation": 5}).rotation == 5.0


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("variants", -1, "a whole number from 0"),
        ("variants", 2.5, "a value like 3"),
        ("variants", True, "a value like 3"),
        ("rotation", 200, "degrees from 0 to 180"),
        ("rotation", "ten", "a value like 10.0"),
        ("shift", 0.9, "a fraction from 0 to 0.5"),
        ("scale", 1.0, "a fraction from 0 to 0.9"),
        ("flip", "yes", "a value like True"),
        ("dtype", "float64", "one of float16, float32"),
        ("sector", "auto", "one of none"),
        ("frames", "few", "expected all"),
        ("colour", "red", "unknown extraction setting 'colour'"),
    ],
)
def test_what_is_not_allowed_gets_a_sentence(key: str, value: object, expected: str) -> None:
    with pytest.raises(CohortError, match=expected):
        ExtractionSettings.from_table({key: value})


def test_contrast_is_measured_inside_a_sector() -> None:
    with pytest.raises(CohortError, match="contrast = .clahe. is not allowed; expected none where"):
        ExtractionSettings(sector="none", contrast="clahe")
    assert ExtractionSettings(contrast="clahe").as_table()["contrast"] == "clahe"
