from dataclasses import replace

import pytest

from lusscore.report.sections.exams import exams


def test_every_exam_has_every_model_and_the_runs_sums(clinical):
    overview = exams(clinical)
    assert len(overview.exams) == 12
    table = clinical.exams.set_index(["patient", "model"])
    for exam in overview.exams:
        assert [reading.model for reading in exam.readings] == clinical.models
        for reading in exam.readings:
            row = table.loc[(exam.patient, reading.model)]
            assert (exam.truth, reading.prediction) == (row["truth"], row["prediction"])
            assert exam.true_mean == pytest.approx(exam.truth / exam.zones_scored, rel=1e-5)
            assert reading.predicted_mean == pytest.approx(
                reading.prediction / exam.zones_scored, rel=1e-5
            )
            assert reading.error == sum(zone.difference for zone in reading.zones)
            assert len(reading.zones) == exam.zones_scored == row["zones_scored"]
            assert reading.matched == sum(zone.difference == 0 for zone in reading.zones)


def test_zones_stand_in_protocol_order_with_their_frames(clinical):
    reading = exams(clinical).exams[0].readings[0]
    names = [zone.zone for zone in reading.zones]
    assert names == [name for name in clinical.protocol.zone_names if name in names]
    for zone in reading.zones:
        assert sum(zone.truths) == sum(zone.predictions) > 0
        assert zone.truths[zone.truth] == max(zone.truths)


def test_patients_that_are_numbers_are_in_the_order_of_numbers(clinical):
    names = {"101": "9", "102": "10", "103": "x1", "104": "2"}
    run = replace(
        clinical,
        exams=clinical.exams.replace({"patient": names}),
        zones=clinical.zones.replace({"patient": names}),
        folds=clinical.folds.replace({"patient": names}),
    )
    patients = [exam.patient for exam in exams(run).exams]
    assert patients[:3] == ["2", "9", "10"]
    assert patients[-1] == "x1"


def test_only_the_first_repeat_is_shown(weak):
    overview = exams(weak)
    assert len(overview.exams) == 12
    first = weak.exams[(weak.exams["repeat"] == 1) & weak.exams["model"].isin(weak.models)]
    assert sum(exam.readings[0].prediction for exam in overview.exams) == first["prediction"].sum()


def test_the_map_has_one_column_between_the_sides(clinical, weak):
    assert exams(clinical).columns == 7
    assert exams(weak).columns == 3


def test_exams_without_a_known_zone_have_no_card(half, images):
    patients = [exam.patient for exam in exams(half).exams]
    assert len(patients) == 10
    assert not {"101", "102"} & set(patients)
    assert exams(images).exams == ()
