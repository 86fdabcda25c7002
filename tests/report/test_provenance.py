from dataclasses import replace

import pytest

from lusscore.report.provenance import (
    cards,
    data_flow,
    entries,
    fold_sizes,
    folds,
    limits,
    readable_time,
    validation,
)
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


def _card(run):
    return dict(cards(run)[0][1])


def test_the_card_is_shown_in_full(clinical, weak, half, images):
    card = _card(clinical)
    assert card["Data"] == "clips of patients"
    assert card["Protocol"].startswith("lus-12, 12 zones, maximum 36")
    assert card["Patients by group"] == "3 healthy, 9 covid"
    assert "Raillard" in card["Scoring system"]
    assert _card(changed(clinical, cohort={"rubric": "my-own"}))["Scoring system"] == "my-own"
    assert _card(weak)["Data"].startswith("synthetic phantom")
    assert "Zone unknown" not in card
    assert " clips, " in _card(half)["Zone unknown"]
    clips = images.config.cohort.clips
    assert _card(images)["Zone unknown"].startswith(f"{clips} of {clips} clips, ")


def test_the_cohorts_of_an_external_validation_have_a_card_each(external):
    (tested, mine), (trained, other) = cards(external)
    assert (tested, dict(mine)["Name"], trained) == ("Tested on", "clinic", "Trained on")
    card = dict(other)
    assert (card["Name"], card["Patients"], card["Frames"]) == ("far", "30", "1,000")
    assert card["Protocol"].startswith("lus-8, 8 zones")
    assert (card["Frames used"], card["Variants"], card["Clips left out"]) == ("all", "3", "1")
    assert dict(validation(external.config)) == {
        "trained on all of": "far",
        "tested on all of": "clinic",
        "seed": "0",
    }


def test_settings_are_shown_in_words(clinical, clinical_page):
    settings = {"learning_rate": 0.001, "flip": True, "levels": ["last", "middle"], "none": []}
    assert entries(settings) == (
        ("learning rate", "0.001"), ("flip", "yes"), ("levels", "last, middle"), ("none", "none"),
    )  # fmt: skip
    assert ("folds", "3") in validation(clinical.config)
    for name, value in (("learning rate", "0.001"), ("flip", "yes"), ("keras", "3.12.0")):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in clinical_page


def test_an_older_run_shows_what_it_knows_and_says_what_it_does_not(clinical):
    (flow,) = data_flow(clinical)
    clips = clinical.config.cohort.clips
    assert [step.count for step in flow.steps[:2]] == [f"{clips + 1} clips", f"{clips} clips"]
    assert flow.steps[0].left_out == ("1 clip without embeddings",)
    assert flow.unknown.startswith("How many clips of the manifest have no score")


def test_clips_are_followed_from_the_manifest_and_every_loss_is_named(clinical, external):
    clips = clinical.config.cohort.clips
    counts = {"manifest_clips": clips + 10, "labelled_clips": clips + 3}
    (flow,) = data_flow(changed(clinical, cohort=counts))
    assert [(step.title, step.count) for step in flow.steps[:3]] == [
        ("In the manifest", f"{clips + 10} clips"),
        ("With a score", f"{clips + 3} clips"),
        ("With embeddings of scored frames", f"{clips} clips"),
    ]
    assert flow.steps[0].left_out == ("7 clips without a score",)
    assert flow.steps[1].left_out == (
        "1 clip without embeddings",
        "2 clips without a frame in a labelled segment",
    )
    assert flow.unknown == ""
    roles = [(flow.role, flow.cohort) for flow in data_flow(external)]
    assert roles == [("Trained on", "far"), ("Tested on", "clinic")]


def test_clips_of_unknown_zone_stand_beside_the_flow_not_in_its_losses(half):
    (flow,) = data_flow(half)
    step = next(step for step in flow.steps if step.title == "With embeddings of scored frames")
    unknown = (half.first_clips["zone"] == "").sum()
    assert step.left_out == (f"{unknown} clips of unknown zone: used, but not per zone and exam",)


def test_sizes_of_folds_are_those_of_the_training_table(clinical, weak):
    sizes, more = fold_sizes(clinical)
    assert [name for name, _, _ in sizes] == ["Fold 1", "Fold 2", "Fold 3"]
    row = clinical.training.iloc[0]
    assert sizes[0][1] == f"{row['train_patients']} patients, {row['train_frames']} frames"
    assert more == ""
    assert fold_sizes(weak)[1] == "Shown: the first of 2 repeats; the table of folds has all."
    one = clinical.training[clinical.training["model"] == clinical.models[0]].iloc[:1]
    training = one.loc[one.index.repeat(20)].assign(fold=range(1, 21))
    sizes, more = fold_sizes(replace(clinical, training=training))
    assert len(sizes) == 12
    assert more == "Shown: the first 12 of 20 folds; the table of folds has all."


def test_every_fold_names_whom_it_held_out(clinical, weak):
    shown = folds(clinical)
    assert [fold["fold"] for fold in shown] == [1, 2, 3]
    patients = [patient for fold in shown for patient in fold["patients"]]
    assert sorted(patients) == sorted(clinical.folds["patient"])
    for fold in shown:
        supports = [score["support"] for score in fold["per_class"]]
        assert sum(fold["groups"]) == len(fold["patients"])
        assert sum(supports) + fold["training_frames"] == clinical.config.cohort.frames
        assert all(seconds.endswith(" s") for seconds in fold["seconds"])
    assert [score["support"] for score in shown[1]["per_class"]][2:] == [0, 0]
    assert [(fold["repeat"], fold["fold"]) for fold in folds(weak)] == [
        (repeat, fold) for repeat in (1, 2) for fold in (1, 2, 3)
    ]


def test_a_skipped_clip_goes_by_patient_and_zone(clinical_page):
    error = "The clip cannot be read as video; replace it."
    assert f"<dt>101 · L-ant-sup</dt><dd>{error}</dd>" in clinical_page


def test_what_each_fold_leaves_out_is_named_without_its_column(clinical):
    assert [fold["left_out"] for fold in folds(clinical)] == ["", "", ""]
    names = {1: "device: iQ", 2: "device: a: b", 3: "device: Lumify"}
    by_device = clinical.folds.assign(left_out=clinical.folds["fold"].map(names))
    run = replace(changed(clinical, cross_validation={"leave_out": "device"}), folds=by_device)
    assert [fold["left_out"] for fold in folds(run)] == ["iQ", "a: b", "Lumify"]


def test_limits_name_simulated_data_and_weak_labels_where_there_are_some(clinical, weak):
    found = limits(weak)
    assert found[0].startswith("Nothing about patients: the images and scores are simulated")
    assert any("scores were given per clip" in limit for limit in found)
    assert "picked" not in " ".join(found)
    clean = " ".join(limits(clinical))
    assert "simulated" not in clean
    assert "scores were given per" not in clean
    assert "not a medical device" in clean
    assert "Little about the highest of 3 models" in clean


def test_limits_name_what_has_no_known_zone(clinical, half, images):
    assert "no zone on record" not in " ".join(limits(clinical))
    (partly,) = [limit for limit in limits(half) if "no zone on record" in limit]
    assert partly.startswith("Nothing about zones that were not examined")
    (wholly,) = [limit for limit in limits(images) if limit.startswith("Nothing about zones")]
    assert wholly.startswith("Nothing about zones or exams: no clip has a zone on record")


def test_limits_elsewhere_go_by_who_was_held_out(clinical, external):
    assert "an internal cross-validation on one cohort" in " ".join(limits(clinical))
    elsewhere = " ".join(limits(external))
    assert "this is external validation, trained on far, tested on clinic" in elsewhere
    assert "internal" not in elsewhere
    run = changed(clinical, cross_validation={"leave_out": "device"})
    assert "each of 3 devices was left out in turn" in " ".join(limits(run))
    grouped = changed(clinical, cross_validation={"leave_out": "group"})
    assert "an internal cross-validation on one cohort" in " ".join(limits(grouped))
