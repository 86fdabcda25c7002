from dataclasses import replace

from lusscore.report.model_names import model_labels
from lusscore.report.sections.folds import folds
from run_maker import changed


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
    (clip,) = folds(clinical, labels).skipped
    assert clip.name == "101 · L-ant-sup"
    assert clip.error == "The clip cannot be read as video; replace it."


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
