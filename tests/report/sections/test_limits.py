from lusscore.report.sections.limits import limits
from run_maker import changed


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
