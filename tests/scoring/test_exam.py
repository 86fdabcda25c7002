from __future__ import annotations

import numpy as np
import pytest

from exam_maker import failed, make_exam_bundle, make_prediction, scored
from lusscore.cohort import ExtractionSettings
from lusscore.errors import ExamError
from lusscore.evaluation import FeatureSet, Rule
from lusscore.heads import make_head
from lusscore.models import TrainedHead
from lusscore.scoring import ScoredClip, ScoredExam, assemble_exam


def clip(number: int, zone: str, score: int, **settings: object) -> ScoredClip:
    prediction = make_prediction(np.random.default_rng(number), score, **settings)  # type: ignore[arg-type]
    return scored(number, zone, prediction)


def assembled(*clips: ScoredClip, **bundle: object) -> ScoredExam:
    return assemble_exam(make_exam_bundle("blue-6", **bundle), "", clips)


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
    assert f"{missing} zones were not scored; no missing score was imputed." in exam.notes


def test_zones_come_in_the_protocols_order_with_their_clips() -> None:
    exam = assembled(clip(1, "L3", 0), clip(2, "R1", 1), clip(3, "L3", 0))
    assert [(zone.zone, zone.clips) for zone in exam.zones] == [("R1", (2,)), ("L3", (1, 3))]


def test_the_frames_of_all_clips_of_a_zone_are_joined_by_the_bundles_rule() -> None:
    clips = [clip(1, "R1", 0, frames=20), clip(2, "R1", 2, frames=3)]
    frames = np.concatenate([each.prediction.frame_probabilities for each in clips])  # type: ignore[union-attr]
    for name, score in (("mean-probability", 0), ("worst", 2), ("majority", 0)):
        rule = Rule.parse(name)
        zone = assembled(*clips, zone_rule=rule).zones[0]
        assert zone.score == score == rule.score(frames)[0]
        unlikely = any(warning.startswith("Not the most probable") for warning in zone.review)
        assert unlikely == (name == "worst")


def test_a_zone_whose_clips_differ_is_to_be_reviewed() -> None:
    assert assembled(clip(1, "R1", 2), clip(2, "R1", 2)).zones[0].review == ()
    assert len(assembled(clip(1, "R1", 0), clip(2, "R1", 3)).zones[0].review) == 1


def test_a_zone_is_to_be_reviewed_where_one_of_its_clips_is() -> None:
    warning = ("Low confidence: for a reason.",)
    zone = assembled(clip(1, "R1", 2, review=warning), clip(2, "R1", 2)).zones[0]
    assert zone.review == ("Clip 1: Low confidence: for a reason.",)


def test_clips_without_a_zone_or_a_score_do_not_count_and_are_noted() -> None:
    exam = assembled(clip(1, "", 3), failed(2, "R1", "It is broken."))
    assert (exam.total, exam.highest, exam.zones) == (0, 18, ())
    assert "1 clip could not be scored." in exam.notes
    assert "1 clip has no known zone and is not part of the global score." in exam.notes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"synthetic": True}, "say nothing about patients"),
        ({"extraction": ExtractionSettings(contrast="clahe")}, "(clahe), not as recorded"),
    ],
)
def test_what_holds_for_all_scores_of_a_model_is_noted(
    changes: dict[str, object], words: str
) -> None:
    assert any(words in note for note in assembled(clip(1, "R1", 0), **changes).notes)
    assert not any(words in note for note in assembled(clip(1, "R1", 0)).notes)


def test_a_zone_of_another_protocol_is_refused() -> None:
    with pytest.raises(ExamError, match="'R-ant-sup' is not a zone of blue-6"):
        assembled(clip(1, "R-ant-sup", 1))


@pytest.mark.parametrize(
    ("head", "settings", "whole"),
    [
        ("logistic", {"pooling": "none"}, False),
        ("logistic", {"pooling": "mean"}, True),
        ("mil", {}, True),
        ("softmax", {}, False),
    ],
)
def test_a_head_that_scores_clips_as_a_whole_is_noted(
    head: str, settings: dict[str, str], whole: bool
) -> None:
    member = TrainedHead((FeatureSet("tiny"),), head, settings, make_head(head))
    notes = assembled(clip(1, "R1", 0), members=(member,)).notes
    assert any("each clip as a whole" in note for note in notes) == whole
