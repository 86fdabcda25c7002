from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from bundle_maker import SIZE, make_bundle
from clip_maker import write_video
from exam_maker import make_exam_bundle
from lusscore.cohort import ExtractionSettings
from lusscore.errors import ExamError
from lusscore.evaluation import Rule
from lusscore.models import Bundle, write_bundle
from lusscore.scoring import (
    ClipPrediction,
    ExamClip,
    LoadedModel,
    ScoredClip,
    ScoredExam,
    exam_csv,
    exam_json,
)
from lusscore.scoring.exam import not_most_probable
from lusscore.scoring.model import MOST_OUTSIDE, warnings


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return make_bundle(tmp_path / "networks")


def film(path: Path, score: int, *, frames: int = 5, seed: int = 0) -> ExamClip:
    """A clip of noise as bright as the tiny bundle's clips of that score."""
    noise = np.random.default_rng(seed).integers(0, 60, (frames, SIZE, SIZE, 1))
    bright = (noise.repeat(3, axis=3) + 60 * score).astype(np.uint8)
    return ExamClip(write_video(path, bright))


def four(folder: Path) -> list[ExamClip]:
    return [film(folder / f"{score}.mp4", score, seed=score) for score in range(4)]


def scores(exam: ScoredExam) -> list[int | None]:
    return [clip.prediction.score if clip.prediction else None for clip in exam.clips]


def predict(bundle: Bundle, clip: ExamClip) -> ClipPrediction:
    with LoadedModel(bundle) as model:
        prediction = model.score([clip]).clips[0].prediction
    assert prediction is not None
    return prediction


def test_each_clip_has_the_score_that_the_head_has_learned(bundle: Bundle, tmp_path: Path) -> None:
    with LoadedModel(bundle) as model:
        exam = model.score(four(tmp_path), name="Ward 7")
    assert exam.name == "Ward 7"
    assert scores(exam) == [0, 1, 2, 3]
    assert [clip.number for clip in exam.clips] == [1, 2, 3, 4]
    for clip in exam.clips:
        assert clip.prediction is not None
        assert clip.prediction.frames.tolist() == [0, 1, 2, 3, 4]
        assert clip.prediction.times.tolist() == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
        assert clip.prediction.confidence == clip.prediction.probabilities[clip.prediction.score]
        np.testing.assert_allclose(clip.prediction.frame_probabilities.sum(axis=1), 1, atol=1e-9)


def same(one: ScoredClip, other: ScoredClip) -> bool:
    assert one.prediction is not None
    assert other.prediction is not None
    # a matrix product may round its last bit by the number of rows
    alike = np.allclose(
        one.prediction.frame_probabilities, other.prediction.frame_probabilities, rtol=0, atol=1e-12
    )
    return alike and np.array_equal(one.prediction.evidence.maps, other.prediction.evidence.maps)


def test_a_clip_is_scored_the_same_in_any_company_order_and_on_any_number_of_threads(
    bundle: Bundle, tmp_path: Path
) -> None:
    clips = four(tmp_path)
    with LoadedModel(bundle, threads=1) as model:
        alone = [model.score([clip]).clips[0] for clip in clips]
        backwards = model.score(clips[::-1]).clips[::-1]
    with LoadedModel(bundle, threads=2) as model:
        together = model.score(clips).clips
    for one, two, three in zip(alone, backwards, together, strict=True):
        assert same(one, two)
        assert same(one, three)


def test_a_clip_that_cannot_be_read_says_so_without_its_name_and_stops_no_other(
    bundle: Bundle, tmp_path: Path
) -> None:
    broken = tmp_path / "Jane Roe.mp4"
    broken.write_bytes(b"\0" * 400)
    clips = [film(tmp_path / "a.mp4", 2), ExamClip(broken), film(tmp_path / "b.mp4", 3)]
    with LoadedModel(bundle) as model:
        exam = model.score(clips)
    assert scores(exam) == [2, None, 3]
    assert exam.clips[1].error
    assert "Jane" not in exam.clips[1].error
    assert str(tmp_path) not in exam.clips[1].error


def test_blank_pictures_have_no_score_and_a_reason(bundle: Bundle, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    black = np.zeros((12, SIZE, SIZE, 3), np.uint8)
    nearly = rng.integers(90, 93, black.shape).astype(np.uint8)
    some = black.copy()
    some[::4] = rng.integers(60, 180, (3, SIZE, SIZE, 3))
    clips = [
        ExamClip(write_video(tmp_path / f"{name}.mp4", video, options={"crf": "1"}))
        for name, video in (("black", black), ("nearly", nearly), ("some", some))
    ]
    with LoadedModel(bundle) as model:
        exam = model.score([*clips, film(tmp_path / "a.mp4", 2)])
    assert [clip.prediction is None for clip in exam.clips] == [True, True, False, False]
    assert [bool(clip.unscored) for clip in exam.clips] == [True, True, False, False]
    assert not any(clip.error for clip in exam.clips)
    assert any("2 clips have blank pictures" in note for note in exam.notes)
    partly = exam.clips[2].prediction
    assert partly is not None
    assert partly.frames.tolist() == [0, 4, 8]
    assert partly.times.tolist() == pytest.approx([0, 0.16, 0.32])
    assert partly.review[-1] == "Blank frames: 9 of 12 show nothing and were not scored."
    document = exam_json(exam, bundle)
    assert document["clips"][0]["score"] is None
    assert document["clips"][0]["review"] == [exam.clips[0].unscored]
    assert document["review"]
    row = exam_csv(exam, bundle).splitlines()[1]
    assert row.startswith("1,,,,")
    assert "Blank pictures" in row


def test_what_is_out_of_distribution_is_to_be_reviewed(bundle: Bundle, tmp_path: Path) -> None:
    stripes = np.zeros((4, SIZE, SIZE, 3), np.uint8)
    stripes[:, ::4] = 255
    stripes[:, 1::4] = (255, 0, 0)
    odd = predict(bundle, ExamClip(write_video(tmp_path / "stripes.mp4", stripes)))
    usual = predict(bundle, film(tmp_path / "a.mp4", 1))
    assert usual.ood_score < 1 < odd.ood_score
    assert usual.review == ()
    assert "Out of distribution" in odd.review[0]


def test_the_key_frame_has_the_most_evidence_for_the_score(bundle: Bundle, tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 60, (5, SIZE, SIZE, 1)).repeat(3, axis=3)
    steps = np.array([150, 150, 190, 150, 150])[:, None, None, None]
    path = write_video(tmp_path / "one-bright.mp4", (noise + steps).astype(np.uint8))
    prediction = predict(bundle, ExamClip(path))
    assert (prediction.score, prediction.key_frame) == (3, 2)


@pytest.mark.parametrize(("own", "shared"), [(2.5, 1.0), (1.0, 2.5), (2.0, 3.0), (0.5, 1.0)])
def test_probabilities_are_scaled_by_the_temperatures_of_head_and_bundle(
    bundle: Bundle, tmp_path: Path, own: float, shared: float
) -> None:
    clip = film(tmp_path / "a.mp4", 2)

    def at(head: float, whole: float) -> np.ndarray:
        member = replace(bundle.members[0], temperature=head)
        heated = replace(bundle, members=(member,), temperature=whole)
        return predict(heated, clip).frame_probabilities

    plain, heated = at(1.0, 1.0), at(own, shared)
    scaled = plain ** (1 / (own * shared))
    np.testing.assert_allclose(heated, scaled / scaled.sum(axis=1, keepdims=True), atol=1e-9)
    assert np.abs(heated - plain).max() > 1e-3


def test_probabilities_of_several_heads_are_averaged_after_their_own_temperatures(
    bundle: Bundle, tmp_path: Path
) -> None:
    clip = film(tmp_path / "a.mp4", 2)
    member = bundle.members[0]
    other = replace(member, temperature=4.0)
    one, two, both = (
        predict(replace(bundle, temperature=1.0, members=members), clip).frame_probabilities
        for members in ((member,), (other,), (member, other))
    )
    np.testing.assert_allclose(both, (one + two) / 2, atol=1e-12)
    assert np.abs(one - two).max() > 1e-3


def test_progress_ends_with_all_frames_and_never_goes_back(bundle: Bundle, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    with LoadedModel(bundle) as model:
        model.score(four(tmp_path), progress=lambda done, total: steps.append((done, total)))
    assert steps == sorted(steps, key=lambda step: step[0])
    assert steps[-1] == (20, 20)
    assert all(done <= total for done, total in steps)


def test_it_can_be_stopped_and_scores_the_next_exam(bundle: Bundle, tmp_path: Path) -> None:
    stop = Event()
    with LoadedModel(bundle) as model:
        with pytest.raises(ExamError, match="stopped"):
            model.score(four(tmp_path), progress=lambda done, total: stop.set(), stop=stop)
        assert scores(model.score(four(tmp_path))) == [0, 1, 2, 3]


def test_exams_of_several_threads_wait_for_each_other(bundle: Bundle, tmp_path: Path) -> None:
    clips = four(tmp_path)
    found: dict[int, list[int | None]] = {}

    def run(number: int, model: LoadedModel) -> None:
        found[number] = scores(model.score(clips if number % 2 else clips[::-1]))

    with LoadedModel(bundle) as model:
        threads = [Thread(target=run, args=(number, model)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {number: [0, 1, 2, 3] if number % 2 else [3, 2, 1, 0] for number in range(4)}


_PROCESS = """
import sys
from pathlib import Path
from lusscore.models import read_bundle
from lusscore.scoring import ExamClip, LoadedModel
with LoadedModel(read_bundle(Path(sys.argv[1]))) as model:
    print(model.score([ExamClip(Path(sys.argv[2]))]).clips[0].prediction.score)
print([name for name in ("tensorflow", "keras", "torch", "matplotlib") if name in sys.modules])
"""


def test_a_kept_bundle_scores_in_a_process_that_never_loads_tensorflow(tmp_path: Path) -> None:
    kept = make_bundle(tmp_path / "networks", head="softmax", settings={"epochs": 10})
    write_bundle(kept, tmp_path / "bundle")
    clip = film(tmp_path / "a.mp4", 3)
    run = subprocess.run(
        [sys.executable, "-c", _PROCESS, str(tmp_path / "bundle"), str(clip.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split("\n") == [str(predict(kept, clip).score), "[]", ""]


BUNDLE = make_exam_bundle(least_confidence=0.6)


def warned(
    *, confidence: float = 0.9, ood_score: float = 0.5, outside: float = 0.1, found: bool = True,
    bundle: Bundle = BUNDLE,
) -> tuple[str, ...]:  # fmt: skip
    """Warnings of a clip with score 1, that probability, and no other score more probable."""
    probabilities = np.insert(np.full(3, (1 - confidence) / 3), 1, confidence)
    return warnings(bundle, 1, probabilities, ood_score, outside, sector_found=found)


def test_a_usual_clip_has_no_warning() -> None:
    assert warned() == ()
    assert warned(confidence=0.6, ood_score=1.0, outside=MOST_OUTSIDE) == ()
    assert warned(outside=float("nan")) == ()
    whole = make_exam_bundle(extraction=ExtractionSettings(sector="none"))
    assert warned(found=False, bundle=whole) == ()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"ood_score": 1.01}, "Out of distribution: the OOD score is 1.01; only 1% of held-out"),
        ({"confidence": 0.59}, "Low confidence: the score has a probability of 0.59, below the"),
        ({"found": False}, "No sector found: "),
        ({"outside": 0.51}, "Evidence outside the sector: 51% of"),
    ],
)
def test_each_warning_stands_by_itself(change: dict[str, float], sentence: str) -> None:
    (warning,) = warned(**change)  # type: ignore[arg-type]
    assert warning.startswith(sentence)


def test_a_score_that_is_not_the_most_probable_one_has_a_warning() -> None:
    close = np.array([0.0, 0.352, 0.355, 0.293])
    assert not_most_probable(BUNDLE.clip_rule, 1, close) == []
    tied = np.array([0.207, 0.351, 0.288, 0.154])
    bundle = make_exam_bundle(least_confidence=0.1, clip_rule=Rule.parse("majority"))
    assert warnings(bundle, 2, tied, 0.5, 0, sector_found=True) == (
        "Not the most probable score: the rule majority gives 2, but 1 is more probable (0.35).",
    )
