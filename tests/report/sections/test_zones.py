import copy
from dataclasses import replace

import pandas as pd

from lusscore.report.sections.zones import zones


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
        "Fold 2 of repeat 2 holds no zone on record; means of zones are over the other folds."
    )


def test_without_any_zone_one_sentence_says_what_is_missing_and_why(images):
    shown = zones(images)
    assert not shown.known
    assert shown.left_out.startswith("No clip of this run has a zone on record, so there is")
    assert shown.left_out.count(". ") == 0
    assert shown.without_exam == shown.empty_folds == ""
    assert pd.isna(images.exams["truth"]).sum() == 0
