from __future__ import annotations

import copy
from dataclasses import replace

import pandas as pd
import pytest

from lusscore.cohort.protocols import get_protocol, protocol_names
from lusscore.report.exams import exams, lay_out, zones


def test_every_exam_has_every_model_and_the_runs_sums(clinical):
    overview = exams(clinical)
    assert len(overview.exams) == 12
    table = clinical.exams.set_index(["patient", "model"])
    for exam in overview.exams:
        assert [predicted.model for predicted in exam.predictions] == clinical.models
        for predicted in exam.predictions:
            row = table.loc[(exam.patient, predicted.model)]
            assert (exam.truth, predicted.prediction) == (row["truth"], row["prediction"])
            assert exam.true_mean == pytest.approx(exam.truth / exam.zones_scored, rel=1e-5)
            assert predicted.predicted_mean == pytest.approx(
                predicted.prediction / exam.zones_scored, rel=1e-5
            )
            assert predicted.error == sum(zone.difference for zone in predicted.zones)
            assert len(predicted.zones) == exam.zones_scored == row["zones_scored"]
            assert predicted.matched == sum(zone.difference == 0 for zone in predicted.zones)


def test_zones_stand_in_protocol_order_with_their_frames(clinical):
    predicted = exams(clinical).exams[0].predictions[0]
    names = [zone.zone for zone in predicted.zones]
    assert names == [name for name in clinical.protocol.zone_names if name in names]
    for zone in predicted.zones:
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
    assert (
        sum(exam.predictions[0].prediction for exam in overview.exams) == first["prediction"].sum()
    )


def test_the_map_has_one_column_between_the_sides(clinical, weak):
    assert exams(clinical).columns == 7
    assert exams(weak).columns == 3


def test_exams_without_a_known_zone_have_no_card(half, images):
    patients = [exam.patient for exam in exams(half).exams]
    assert len(patients) == 10
    assert not {"101", "102"} & set(patients)
    assert exams(images).exams == ()


def _of_first_repeat(run):
    return run.clips[(run.clips["model"] == run.models[0]) & (run.clips["repeat"] == 1)]


def test_nothing_is_said_where_every_zone_is_known(clinical):
    shown = zones(clinical)
    assert shown.known
    said = (shown.left_out, shown.beside, shown.counted, shown.without_exam, shown.empty_folds)
    assert said == ("",) * 5


def test_clips_and_frames_without_a_zone_are_counted_once_for_all_repeats(half):
    clips = _of_first_repeat(half)
    unknown = clips[clips["zone"] == ""]
    shown = zones(half)
    assert shown.known
    assert 0 < len(unknown) < len(clips) == half.config.cohort.clips
    assert shown.left_out == (
        f"{len(unknown)} of {len(clips)} clips ({unknown['frames'].sum()} of "
        f"{half.config.cohort.frames:,} frames) have no zone on record: they count for "
        "frames and clips and are left out of everything per zone and exam."
    )
    assert shown.beside == f"without {len(unknown)} clips of unknown zone"


def test_frames_of_known_and_unknown_zone_are_all_frames(half):
    first = (half.zones["model"] == half.models[0]) & (half.zones["repeat"] == 1)
    clips = _of_first_repeat(half)
    unknown = clips.loc[clips["zone"] == "", "frames"].sum()
    assert half.zones.loc[first, "frames"].sum() + unknown == half.config.cohort.frames


def test_one_clip_is_told_in_the_singular(clinical):
    table = clinical.clips.copy()
    clip = table["clip"].iloc[0]
    table.loc[table["clip"] == clip, "zone"] = ""
    shown = zones(replace(clinical, clips=table))
    assert "has no zone on record: it counts for frames and clips and is left out" in shown.left_out
    assert shown.beside == "without 1 clip of unknown zone"


def test_exams_without_a_known_zone_are_counted(half):
    assert zones(half).without_exam == (
        "2 of 12 exams have no clip with a zone on record, and so no global score."
    )


def test_folds_without_a_known_zone_are_named(half):
    assert zones(half).empty_folds == ""
    metrics = copy.deepcopy(half.metrics)
    del metrics["levels"]["zone"][half.models[0]]["folds"][4]
    assert zones(replace(half, metrics=metrics)).empty_folds == (
        "Fold 2 of repeat 2 has no zone on record; means of zones are over the other folds."
    )


def test_without_any_zone_one_sentence_says_what_is_missing_and_why(images):
    shown = zones(images)
    assert not shown.known
    assert shown.left_out.startswith("No clip of this run has a zone on record, so there is")
    assert shown.left_out.count(". ") == 0
    assert shown.without_exam == shown.empty_folds == ""
    assert pd.isna(images.exams["truth"]).sum() == 0


@pytest.mark.parametrize("name", protocol_names())
def test_every_zone_has_a_place_of_its_own(name):
    protocol = get_protocol(name)
    places = lay_out(protocol)
    assert [place.zone for place in places] == list(protocol.zone_names)
    assert len({(place.row, place.column) for place in places}) == len(places)
    assert min(place.row for place in places) == min(place.column for place in places) == 1


@pytest.mark.parametrize("name", protocol_names())
def test_the_patients_right_is_on_the_left(name):
    protocol = get_protocol(name)
    columns = {"right": [], "left": []}
    for zone, place in zip(protocol.zones, lay_out(protocol), strict=True):
        columns[zone.side].append(place.column)
    assert max(columns["right"]) + 1 < min(columns["left"]), "an empty column parts the sides"


def test_anterior_zones_are_towards_the_midline_and_superior_ones_above():
    places = {place.zone: place for place in lay_out(get_protocol("lus-12"))}
    assert places["R-post-sup"].column < places["R-lat-sup"].column < places["R-ant-sup"].column
    assert places["L-ant-sup"].column < places["L-lat-sup"].column < places["L-post-sup"].column
    assert places["L-ant-sup"].row < places["L-ant-inf"].row


def test_a_third_row_is_there_only_for_who_has_it():
    assert max(place.row for place in lay_out(get_protocol("lus-14"))) == 3
    assert max(place.row for place in lay_out(get_protocol("lus-12"))) == 2


def test_blue_points_stand_below_each_other():
    places = {place.zone: place for place in lay_out(get_protocol("blue-6"))}
    assert [places[zone].row for zone in ("R1", "R2", "R3")] == [1, 2, 3]
    assert {places[zone].column for zone in ("L1", "L2", "L3")} == {3}
