from __future__ import annotations

from dataclasses import replace

import pytest

from lusscore.report.provenance import data_flow, folds, limits, provenance, readable_time
from lusscore.report.run_files import model_labels
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
    assert "Raillard" in card["Scoring system"]


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
    assert dict(shown.heads[0])["learning rate"] == "0.001"
    assert dict(shown.extraction)["flip"] == "yes"
    assert dict(shown.versions)["lusscore"] == "0.1.0"
    assert dict(shown.versions)["keras"] == "3.12.0"
    assert [backbone.name for backbone in shown.backbones] == ["xception", "resnet50", "vgg16"]


def test_a_sparse_configuration_is_enough(clinical):
    shown = provenance(
        changed(clinical, cohort={"rubric": "my-own"}, run={"seconds": None}, backbones=())
    )
    assert dict(shown.cohort)["Scoring system"] == "my-own"
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


def _cohort(run, **changes):
    return changed(run, cohort=changes)


def test_an_older_run_shows_what_it_knows_and_says_what_it_does_not(clinical):
    (flow,) = data_flow(clinical).flows
    clips = clinical.config.cohort.clips
    assert [step.count for step in flow.steps[:2]] == [f"{clips + 1} clips", f"{clips} clips"]
    assert flow.steps[0].left_out == ("1 clip without embeddings",)
    assert flow.unknown.startswith("How many clips of the manifest have no score")


def test_clips_are_followed_from_the_manifest_and_every_loss_is_told(clinical):
    clips = clinical.config.cohort.clips
    run = _cohort(clinical, manifest_clips=clips + 10, labelled_clips=clips + 3)
    (flow,) = data_flow(run).flows
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


def test_clips_of_unknown_zone_stand_beside_the_flow_not_in_its_losses(half):
    (flow,) = data_flow(half).flows
    step = next(step for step in flow.steps if step.title == "With embeddings of scored frames")
    first = half.clips[(half.clips["model"] == half.models[0]) & (half.clips["repeat"] == 1)]
    assert step.left_out == (
        f"{(first['zone'] == '').sum()} clips of unknown zone: used, but not per zone and exam",
    )


def test_folds_are_those_of_the_training_table(clinical):
    shown = data_flow(clinical)
    assert [fold.name for fold in shown.folds] == ["Fold 1", "Fold 2", "Fold 3"]
    row = clinical.training.iloc[0]
    assert shown.folds[0].trained == (
        f"{row['train_patients']} patients, {row['train_frames']} frames"
    )
    assert shown.more == ""


def test_what_is_not_drawn_is_told(weak, clinical):
    assert data_flow(weak).more == "Shown: the first of 2 repeats; the table of folds has all."
    one = clinical.training[clinical.training["model"] == clinical.models[0]].iloc[:1]
    training = one.loc[one.index.repeat(20)].assign(fold=range(1, 21))
    shown = data_flow(replace(clinical, training=training))
    assert len(shown.folds) == 12
    assert shown.more == "Shown: the first 12 of 20 folds; the table of folds has all."


def test_an_external_run_has_a_flow_for_each_cohort(external):
    shown = data_flow(external)
    assert [(flow.role, flow.cohort) for flow in shown.flows] == [
        ("Trained on", "far"),
        ("Tested on", "clinic"),
    ]


def test_every_fold_tells_whom_it_held_out(clinical, labels):
    shown = folds(clinical, labels)
    assert [fold.fold for fold in shown.folds] == [1, 2, 3]
    patients = [patient for fold in shown.folds for patient in fold.patients]
    assert sorted(patients) == sorted(clinical.folds["patient"])
    assert shown.groups == ("healthy", "covid")
    for fold in shown.folds:
        assert sum(fold.groups) == len(fold.patients)
        assert sum(fold.scores) == fold.frames
        assert all(seconds.endswith(" s") for seconds in fold.seconds)
    assert shown.folds[1].scores[2:] == (0, 0)


def test_training_and_held_out_frames_are_all_frames(clinical, labels):
    total = clinical.config.cohort.frames
    for fold in folds(clinical, labels).folds:
        assert fold.training_frames + fold.frames == total


def test_a_skipped_clip_goes_by_patient_and_zone(clinical, labels):
    assert folds(clinical, labels).skipped == (
        ("101 · L-ant-sup", "The clip cannot be read as video; replace it."),
    )


def test_repeats_have_their_own_rows(weak):
    shown = folds(weak, model_labels(weak.models))
    assert shown.repeated
    assert [(fold.repeat, fold.fold) for fold in shown.folds] == [
        (repeat, fold) for repeat in (1, 2) for fold in (1, 2, 3)
    ]
    assert shown.skipped == ()


def test_what_each_fold_leaves_out_is_told_without_its_column(clinical, labels):
    assert folds(clinical, labels).left_out == ""
    names = {1: "device: iQ", 2: "device: a: b", 3: "device: Lumify"}
    run = replace(
        changed(clinical, cross_validation={"leave_out": "device"}),
        folds=clinical.folds.assign(left_out=clinical.folds["fold"].map(names)),
    )
    shown = folds(run, labels)
    assert shown.left_out == "device"
    assert [fold.left_out for fold in shown.folds] == ["iQ", "a: b", "Lumify"]


def test_cohorts_trained_on_are_named(external):
    assert folds(external, model_labels(external.models)).trained_on == ("far",)


def test_synthetic_and_weakly_labelled_runs_say_so(weak):
    found = limits(weak)
    assert found[0].startswith("Nothing about patients: the images and scores are simulated")
    assert any("scores were given per clip" in limit for limit in found)


def test_a_clinical_run_with_frame_labels_does_not(clinical):
    found = " ".join(limits(clinical))
    assert "simulated" not in found
    assert "scores were given per" not in found
    assert "not a medical device" in found
    assert "calibration is measured on this cohort" in found


def test_what_has_no_known_zone_is_told(clinical, half, images):
    assert "no zone on record" not in " ".join(limits(clinical))
    (partly,) = [limit for limit in limits(half) if "no zone on record" in limit]
    assert partly.startswith("Nothing about zones that were not examined")
    (wholly,) = [limit for limit in limits(images) if limit.startswith("Nothing about zones")]
    assert wholly.startswith("Nothing about zones or exams: no clip has a zone on record")


def test_of_several_models_the_highest_is_told_to_be_picked(clinical, weak):
    (told,) = [limit for limit in limits(clinical) if "picked" in limit]
    assert told.startswith("Little about the highest of 3 models")
    assert "picked" not in " ".join(limits(weak))


def test_what_is_said_of_elsewhere_goes_by_who_was_held_out(clinical, external):
    assert "an internal cross-validation on one cohort" in " ".join(limits(clinical))
    told = " ".join(limits(external))
    assert "this is external validation, trained on far, tested on clinic" in told
    assert "internal" not in told
    run = changed(clinical, cross_validation={"leave_out": "device"})
    assert "each of 3 devices was left out in turn" in " ".join(limits(run))
    grouped = changed(clinical, cross_validation={"leave_out": "group"})
    assert "an internal cross-validation on one cohort" in " ".join(limits(grouped))
