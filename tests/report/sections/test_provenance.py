import pytest

from lusscore.report.sections.provenance import provenance, readable_time
from run_maker import changed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-01T14:05:09+00:00", "1 March 2025, 14:05 UTC"),
        ("2025-03-01T14:05:09Z", "1 March 2025, 14:05 UTC"),
        ("2025-03-01T14:05:09", "1 March 2025, 14:05"),
        ("2025-03-01T14:05:09+02:00", "1 March 2025, 14:05 UTC+02:00"),
        ("some day", "some day"),
    ],
)
def test_times_are_readable_and_what_is_none_stays(text, expected):
    assert readable_time(text) == expected


def test_the_card_is_told_in_full(clinical):
    card = dict(provenance(clinical).cohort)
    assert card["Data"] == "clips of patients"
    assert card["Protocol"].startswith("lus-12, 12 zones, maximum 36")
    assert card["Patients by group"] == "3 healthy, 9 covid"
    assert "Raillard" in card["Rubric"]


def test_clips_of_unknown_zone_are_counted_on_the_card(clinical, half, images):
    assert "Zone unknown" not in dict(provenance(clinical).cohort)
    assert " clips, " in dict(provenance(half).cohort)["Zone unknown"]
    clips = images.config.cohort.clips
    counted = dict(provenance(images).cohort)["Zone unknown"]
    assert counted.startswith(f"{clips} of {clips} clips, ")


def test_synthetic_data_are_called_so(weak):
    assert dict(provenance(weak).cohort)["Data"].startswith("synthetic phantom")


def test_settings_and_versions_are_listed_as_written(clinical):
    shown = provenance(clinical)
    assert dict(shown.head)["learning rate"] == "0.001"
    assert dict(shown.extraction)["flip"] == "yes"
    assert dict(shown.versions)["lusscore"] == "0.1.0"
    assert dict(shown.versions)["keras"] == "3.12.0"
    assert [backbone.name for backbone in shown.backbones] == ["xception", "resnet50", "vgg16"]


def test_a_sparse_configuration_is_enough(clinical):
    shown = provenance(
        changed(clinical, cohort={"rubric": "my-own"}, run={"seconds": None}, backbones=())
    )
    assert dict(shown.cohort)["Rubric"] == "my-own"
    assert shown.backbones == ()
    assert shown.seconds == "n/a"


def test_the_cohorts_of_an_external_validation_have_a_card_each(clinical, external):
    assert provenance(clinical).trained_on == ()
    shown = provenance(external)
    (card,) = map(dict, shown.trained_on)
    assert (card["Name"], card["Patients"], card["Frames"]) == ("far", "30", "1,000")
    assert card["Protocol"].startswith("lus-8, 8 zones")
    assert (card["Frames used"], card["Variants"], card["Clips left out"]) == ("all", "3", "1")
    assert dict(shown.cohort)["Name"] == "clinic"
    assert dict(shown.validation) == {
        "trained on all of": "far",
        "tested on all of": "clinic",
        "seed": "0",
    }


def test_lists_are_told_in_words(clinical):
    extraction = {"levels": ["last", "middle"], "none": []}
    cohort = {"extraction": extraction}
    shown = provenance(changed(clinical, cohort=cohort))
    assert dict(shown.extraction) == {"levels": "last, middle", "none": "none"}
