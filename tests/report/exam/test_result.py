import numpy as np
import pytest

from exam_maker import failed, make_exam, make_exam_bundle, make_prediction, make_small_exam, scored
from lusscore.cohort.protocols import protocol_names
from lusscore.report.exam.result import result


def _result(exam):
    return result(exam, make_exam_bundle(exam.protocol))


@pytest.mark.parametrize("protocol", protocol_names())
def test_every_zone_of_the_protocol_has_its_own_place(protocol):
    shown = _result(make_exam(protocol))
    places = {(row.place.row, row.place.column) for row in shown.zones}
    assert len(places) == len(shown.zones) == len(make_exam_bundle(protocol).zones().zones)
    assert max(column for _, column in places) == shown.columns


def test_zones_without_a_score_are_told_and_bound_the_global_score():
    shown = _result(make_exam())
    assert len(shown.missing) == 7
    assert shown.missing[:2] == ("R-post-inf", "L-ant-sup")
    assert shown.bounds == (
        "7 zones of the protocol have no score: with all zones the global score would lie between "
        "7 and 28. Nothing was filled in."
    )
    assert shown.mean == pytest.approx(7 / 5)
    assert shown.to_review == 3


def test_a_complete_exam_has_no_bounds():
    rng = np.random.default_rng(0)
    names = make_exam_bundle("blue-6").zones().zone_names
    clips = [scored(n, zone, make_prediction(rng, 1)) for n, zone in enumerate(names, 1)]
    shown = _result(make_small_exam(clips, "blue-6"))
    assert shown.bounds == "All 6 zones of the protocol were scored."
    assert shown.missing == ()


def test_one_missing_zone_is_told_in_the_singular():
    assert _result(make_exam("blue-6")).bounds.startswith("1 zone of the protocol has no score")


def test_an_exam_without_zones_has_no_global_score():
    shown = _result(make_small_exam([failed(1, "", "It is empty.")]))
    assert shown.mean is None
    assert shown.bounds == "No zone has a score, so there is no global score."


def test_zones_are_told_in_words():
    rows = {row.place.zone: row.aria for row in _result(make_exam()).zones}
    assert rows["R-ant-sup"] == "right anterior superior: score 0"
    assert rows["R-lat-sup"] == "right lateral superior: score 2, to be reviewed"
    assert rows["L-ant-sup"] == "left anterior superior: no score"


def test_columns_are_named_by_aspect_where_the_protocol_has_them():
    assert _result(make_exam()).heads == (
        (1, "posterior"), (2, "lateral"), (3, "anterior"),
        (5, "anterior"), (6, "lateral"), (7, "posterior"),
    )  # fmt: skip
    assert _result(make_exam("blue-6")).heads == ()
