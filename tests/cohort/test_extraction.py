import pytest

from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.errors import CohortError, InvalidCohortError


def test_settings_read_back_from_their_table() -> None:
    settings = ExtractionSettings(FramesPolicy("every", 5), variants=7, rotation=3.5, flip=False,
                                  levels=("32.max", "16.top"))  # fmt: skip
    assert ExtractionSettings.from_table(settings.as_table()) == settings


def test_keys_left_out_keep_their_defaults() -> None:
    assert ExtractionSettings.from_table({"variants": 1}) == ExtractionSettings(variants=1)


def test_a_whole_number_will_do_for_a_fraction() -> None:
    assert ExtractionSettings.from_table({"rotation": 5}).rotation == 5.0


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("variants", -1, "a whole number from 0"),
        ("variants", 2.5, "a whole number"),
        ("variants", True, "a whole number"),
        ("rotation", 200, "degrees from 0 to 180"),
        ("rotation", "ten", "expected a number"),
        ("shift", 0.9, "a fraction from 0 to 0.5"),
        ("scale", 1.0, "a fraction from 0 to 0.9"),
        ("flip", "yes", "true or false"),
        ("dtype", "float64", "one of float16, float32"),
        ("sector", "auto", "one of none"),
        ("frames", "few", "expected all"),
        ("levels", "16.mean", "a list of texts"),
        ("levels", [16], "a list of texts"),
        ("levels", ["16.mean", "3.mean"], "levels: has '3.mean'; expected STRIDE.POOLING"),
        ("levels", ["16.mean", "16.mean"], "'16.mean' twice"),
        ("colour", "red", "colour: is no extraction setting"),
    ],
)
def test_what_is_not_allowed_gets_a_sentence(key: str, value: object, expected: str) -> None:
    with pytest.raises(CohortError, match=expected):
        ExtractionSettings.from_table({key: value})


def test_contrast_is_measured_inside_a_sector() -> None:
    with pytest.raises(CohortError, match="contrast = .clahe. is not allowed; expected none where"):
        ExtractionSettings(sector="none", contrast="clahe")
    assert ExtractionSettings(contrast="clahe").as_table()["contrast"] == "clahe"


def test_everything_that_is_wrong_with_a_table_is_named_at_once() -> None:
    table = {"variants": 2.5, "rotation": 999.0, "sector": "fan", "seed": -1, "colour": "red",
             "frames": "some", "flip": 1, "levels": ["5.max"]}  # fmt: skip
    with pytest.raises(InvalidCohortError) as caught:
        ExtractionSettings.from_table(table)
    told = {problem.where for problem in caught.value.problems}
    assert told == set(table)
