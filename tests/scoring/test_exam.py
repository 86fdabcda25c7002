from __future__ import annotations

import numpy as np
import pytest

from exam_maker import failed, make_exam_bundle, make_prediction, scored
from lusscore.cohort import ExtractionSettings
from lusscore.errors import ExamError
from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.evaluation.rules import Rule
from lusscore.heads import make_head
from lusscore.models import TrainedHead
from lusscore.scoring import ScoredClip, assemble_exam


def clip(number: int, zone: str, score: int, **settings: object) -> ScoredClip:
    prediction = make_prediction(np.random.default_rng(number), score, **settings)  # type: ignore[arg-type]
    return scored(number, zone, prediction)


@pytest.mark.parametrize(
    ("protocol", "maximum"), [("lus-12", 36), ("lus-14", 42), ("lus-8", 24), ("blue-6", 18)]
)
def test_the_global_score_sums_zones_and_has_the_bounds_that_missing_ones_leave(
    protocol: str, maximum: int
) -> None:
    """A sum is never brought to the range of another protocol."""
    bundle = make_exam_bundle(protocol)
    first, *_, last = bundle.zones().zone_names
    exam = assemble_exam(bundle, "", [clip(1, first, 3), clip(2, last, 2)])
    missing = maximum // 3 - 2
    assert (exam.total, exam.lowest, exam.highest) == (5, 5, 5 + 3 * missing)
    assert (exam.maximum, exam.zones_of_protocol, len(exam.zones)) == (maximum, missing + 2, 2)
    told = f"{missing} zones were not scored; no missing score was imputed."
    assert told in exam.notes


def test_zones_come_in_the_protocols_order_with_their_clips() -> None:
    bundle = make_exam_bundle("blue-6")
    exam = assemble_exam(bundle, "", [clip(1, "L3", 0), clip(2, "R1", 1), clip(3, "L3", 0)])
    assert [(zone.zone, zone.clips) for zone in exam.zones] == [("R1", (2,)), ("L3", (1, 3))]


def test_the_frames_of_all_clips_of_a_zone_are_joined_by_the_bundles_rule() -> None:
    clips = [clip(1, "R1", 0, frames=9), clip(2, "R1", 2, frames=3)]
    found = {}
    for name in ("mean-probability", "worst", "majority"):
        bundle = make_exam_bundle("blue-6", zone_rule=Rule.parse(name))
        zone = assemble_exam(bundle, "", clips).zones[0]
        frames = np.concatenate([each.prediction.frame_probabilities for each in clips])  # type: ignore[union-attr]
        assert zone.score == bundle.zone_rule.score(frames)[0]
        found[name] = zone.score
    assert found["worst"] == 2
    assert found["majority"] == 0


def test_a_zone_whose_clips_differ_is_to_be_reviewed() -> None:
    bundle = make_exam_bundle("blue-6")
    alike = assemble_exam(bundle, "", [clip(1, "R1", 2), clip(2, "R1", 2)]).zones[0]
    differ = assemble_exam(bundle, "", [clip(1, "R1", 0), clip(2, "R1", 3)]).zones[0]
    assert alike.review == ()
    assert len(differ.review) == 1


def test_a_zone_is_to_be_reviewed_where_one_of_its_clips_is() -> None:
    bundle = make_exam_bundle("blue-6")
    warning = ("Low confidence: for a reason.",)
    zone = assemble_exam(bundle, "", [clip(1, "R1", 2, review=warning), clip(2, "R1", 2)]).zones[0]
    assert any("Low confidence: for a reason." in sentence for sentence in zone.review)


def test_clips_without_a_zone_or_a_score_count_for_nothing_and_are_told() -> None:
    bundle = make_exam_bundle("blue-6")
    exam = assemble_exam(bundle, "", [clip(1, "", 3), failed(2, "R1", "It is broken.")])
    assert exam.total == 0
    assert exam.zones == ()
    assert "1 clip could not be scored." in exam.notes
    assert "1 clip has no known zone and has no part in the global score." in exam.notes


def test_a_phantoms_scorer_says_so_in_every_exam() -> None:
    told = assemble_exam(make_exam_bundle("blue-6", synthetic=True), "", [clip(1, "R1", 0)])
    assert "say nothing about patients" in told.notes[0]
    told = assemble_exam(make_exam_bundle("blue-6", synthetic=False), "", [clip(1, "R1", 0)])
    assert not any("phantom" in note for note in told.notes)


def test_a_zone_of_another_protocol_is_refused() -> None:
    with pytest.raises(ExamError, match="'R-ant-sup' is not a zone of blue-6"):
        assemble_exam(make_exam_bundle("blue-6"), "", [clip(1, "R-ant-sup", 1)])


def test_a_contrast_that_nobody_recorded_is_told() -> None:
    changed = make_exam_bundle("blue-6", extraction=ExtractionSettings(contrast="clahe"))
    told = assemble_exam(changed, "", [clip(1, "R1", 0)]).notes
    assert any("(clahe), not as recorded" in note for note in told)


@pytest.mark.parametrize(
    ("head", "settings", "whole"),
    [
        ("logistic", {"pooling": "none"}, False),
        ("logistic", {"pooling": "mean"}, True),
        ("mil", {}, True),
        ("softmax", {}, False),
    ],
)
def test_a_head_that_scores_clips_as_a_whole_is_told(
    head: str, settings: dict[str, str], whole: bool
) -> None:
    member = TrainedHead((FeatureSet("tiny"),), head, settings, make_head(head))
    bundle = make_exam_bundle("blue-6", members=(member,))
    told = assemble_exam(bundle, "", [clip(1, "R1", 0)]).notes
    assert any("each clip as a whole" in note for note in told) == whole


def test_a_zone_whose_clips_make_a_score_that_is_not_the_most_probable_says_so() -> None:
    bundle = make_exam_bundle("blue-6", zone_rule=Rule.parse("worst"))
    zone = assemble_exam(bundle, "", [clip(1, "R1", 0, frames=20), clip(2, "R1", 2)]).zones[0]
    assert zone.score == 2
    assert any(sentence.startswith("Not the most probable score") for sentence in zone.review)
