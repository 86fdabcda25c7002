import copy
from dataclasses import replace

import pytest

from lusscore.cohort import get_protocol, protocol_names
from lusscore.report import lay_out
from lusscore.report.exams import exams, zones


def test_every_exam_has_every_model_and_the_runs_sums(clinical):
    overview = exams(clinical)
    assert len(overview) == 12
    table = clinical.exams.set_index(["patient", "model"])
    for exam in overview:
        assert [predicted["model"] for predicted in exam["predictions"]] == clinical.models
        for predicted in exam["predictions"]:
            row = table.loc[(exam["patient"], predicted["model"])]
            assert (exam["truth"], predicted["prediction"]) == (row["truth"], row["prediction"])
            shown = predicted["zones"]
            errors = [zone["prediction"] - zone["truth"] for zone in shown]
            assert predicted["error"] == sum(errors)
            assert len(shown) == exam["zones_scored"] == row["zones_scored"]
            assert predicted["matched"] == errors.count(0)


def test_zones_stand_in_protocol_order_with_their_frames(clinical):
    shown = exams(clinical)[0]["predictions"][0]["zones"]
    names = [zone["zone"] for zone in shown]
    assert names == [name for name in clinical.protocol.zone_names if name in names]
    for zone in shown:
        truths = [zone[f"true_{score}"] for score in range(4)]
        assert sum(truths) == zone["frames"] > 0
        assert truths[zone["truth"]] == max(truths)


def test_patients_that_are_numbers_are_in_the_order_of_numbers(clinical):
    names = {"101": "9", "102": "10", "103": "x1", "104": "2"}
    tables = {
        name: getattr(clinical, name).replace({"patient": names})
        for name in ("exams", "zones", "folds")
    }
    patients = [exam["patient"] for exam in exams(replace(clinical, **tables))]
    assert patients[:3] == ["2", "9", "10"]
    assert patients[-1] == "x1"


def test_only_the_first_repeat_is_shown(weak):
    overview = exams(weak)
    assert len(overview) == 12
    first = weak.exams[(weak.exams["repeat"] == 1) & weak.exams["model"].isin(weak.models)]
    shown = sum(exam["predictions"][0]["prediction"] for exam in overview)
    assert shown == first["prediction"].sum()


def test_exams_without_a_known_zone_have_no_card(half, images):
    patients = [exam["patient"] for exam in exams(half)]
    assert len(patients) == 10
    assert not {"101", "102"} & set(patients)
    assert exams(images) == []


def test_nothing_is_said_where_every_zone_is_known(clinical):
    assert zones(clinical) == zones(clinical).__class__()


def test_clips_and_frames_without_a_zone_are_counted_once_for_all_repeats(half):
    clips = half.first_clips
    unknown = clips[clips["zone"] == ""]
    shown = zones(half)
    assert 0 < len(unknown) < len(clips) == half.config.cohort.clips
    assert shown.left_out == (
        f"{len(unknown)} of {len(clips)} clips ({unknown['frames'].sum()} of "
        f"{half.config.cohort.frames:,} frames) have no zone on record: they count for "
        "frames and clips and are left out of everything per zone and exam."
    )
    assert shown.beside == f"without {len(unknown)} clips of unknown zone"
    assert shown.without_exam == (
        "2 of 12 exams have no clip with a zone on record, and so no global score."
    )
    assert shown.empty_folds == ""
    first = (half.zones["model"] == half.models[0]) & (half.zones["repeat"] == 1)
    known = half.zones.loc[first, "frames"].sum()
    assert known + unknown["frames"].sum() == half.config.cohort.frames


def test_one_clip_is_named_in_the_singular(clinical):
    table = clinical.clips.copy()
    table.loc[table["clip"] == table["clip"].iloc[0], "zone"] = ""
    shown = zones(replace(clinical, clips=table))
    assert "has no zone on record: it counts for frames and clips and is left out" in shown.left_out
    assert shown.beside == "without 1 clip of unknown zone"


def test_folds_without_a_known_zone_are_named(half):
    metrics = copy.deepcopy(half.metrics)
    del metrics["levels"]["zone"][half.models[0]]["folds"][4]
    assert zones(replace(half, metrics=metrics)).empty_folds == (
        "Fold 2 of repeat 2 has no zone on record; means of zones are over the other folds."
    )


def test_without_any_zone_one_sentence_says_what_is_missing_and_why(images):
    shown = zones(images)
    assert not shown.known
    assert shown.left_out.startswith("No clip of this run has a zone on record, so there is")
    assert shown.without_exam == shown.empty_folds == ""


@pytest.mark.parametrize("name", protocol_names())
def test_every_zone_has_a_place_of_its_own_the_patients_right_on_the_left(name):
    protocol = get_protocol(name)
    places = lay_out(protocol)
    assert [place.zone for place in places] == list(protocol.zone_names)
    assert len({(place.row, place.column) for place in places}) == len(places)
    assert min(place.row for place in places) == min(place.column for place in places) == 1
    columns = {"right": [], "left": []}
    for zone, place in zip(protocol.zones, places, strict=True):
        columns[zone.side].append(place.column)
    assert max(columns["right"]) + 1 < min(columns["left"]), "an empty column parts the sides"


def test_anterior_zones_are_towards_the_midline_and_superior_ones_above():
    places = {place.zone: place for place in lay_out(get_protocol("lus-12"))}
    assert places["R-post-sup"].column < places["R-lat-sup"].column < places["R-ant-sup"].column
    assert places["L-ant-sup"].column < places["L-lat-sup"].column < places["L-post-sup"].column
    assert places["L-ant-sup"].row < places["L-ant-inf"].row
    assert max(place.row for place in places.values()) == 2
    assert max(place.row for place in lay_out(get_protocol("lus-14"))) == 3
    blue = {place.zone: place for place in lay_out(get_protocol("blue-6"))}
    assert [(blue[zone].row, blue[zone].column) for zone in ("L1", "L2", "L3")] == [
        (1, 3), (2, 3), (3, 3),
    ]  # fmt: skip
