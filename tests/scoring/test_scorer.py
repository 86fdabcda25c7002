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
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.errors import ExamError
from lusscore.models import Bundle, write_bundle
from lusscore.scoring import ExamClip, LoadedModel, ScoredClip, ScoredExam


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return make_bundle(tmp_path / "networks")


def film(path: Path, score: int, *, frames: int = 5, seed: int = 0) -> ExamClip:
    """A clip of noise as bright as the tiny bundle's clips of that score."""
    noise = np.random.default_rng(seed).integers(0, 60, (frames, SIZE, SIZE, 1))
    bright = (noise.repeat(3, axis=3) + 60 * score).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    return ExamClip(write_video(path, bright))


def four(folder: Path) -> list[ExamClip]:
    return [film(folder / f"{score}.mp4", score, seed=score) for score in range(4)]


def scores(exam: ScoredExam) -> list[int | None]:
    return [clip.prediction.score if clip.prediction else None for clip in exam.clips]


def test_each_clip_has_the_score_that_the_head_has_learned(bundle: Bundle, tmp_path: Path) -> None:
    with LoadedModel(bundle) as scorer:
        exam = scorer.score(four(tmp_path), name="Ward 7")
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
    with LoadedModel(bundle, threads=1) as scorer:
        alone = [scorer.score([clip]).clips[0] for clip in clips]
        backwards = scorer.score(clips[::-1]).clips[::-1]
    with LoadedModel(bundle, threads=2) as scorer:
        together = scorer.score(clips).clips
    for one, two, three in zip(alone, backwards, together, strict=True):
        assert same(one, two)
        assert same(one, three)


def test_a_clip_that_cannot_be_read_says_so_without_its_name_and_stops_no_other(
    bundle: Bundle, tmp_path: Path
) -> None:
    broken = tmp_path / "Jane Roe.mp4"
    broken.write_bytes(b"\0" * 400)
    clips = [film(tmp_path / "a.mp4", 2), ExamClip(broken), film(tmp_path / "b.mp4", 3)]
    with LoadedModel(bundle) as scorer:
        exam = scorer.score(clips)
    assert scores(exam) == [2, None, 3]
    assert exam.clips[1].error
    assert "Jane" not in exam.clips[1].error
    assert str(tmp_path) not in exam.clips[1].error


def test_an_exam_of_broken_clips_alone_has_no_score(bundle: Bundle, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    with LoadedModel(bundle) as scorer:
        exam = scorer.score([ExamClip(broken, "R1", "table")])
    assert (exam.total, exam.highest, exam.zones) == (0, 18, ())


def test_what_looks_unlike_the_training_cohort_is_to_be_reviewed(
    bundle: Bundle, tmp_path: Path
) -> None:
    stripes = np.zeros((4, SIZE, SIZE, 3), np.uint8)
    stripes[:, ::4] = 255
    stripes[:, 1::4] = (255, 0, 0)
    odd = ExamClip(write_video(tmp_path / "stripes.mp4", stripes))
    with LoadedModel(bundle) as scorer:
        usual, unlike = scorer.score([film(tmp_path / "a.mp4", 1), odd]).clips
    assert usual.prediction is not None
    assert unlike.prediction is not None
    assert usual.prediction.distance < 1 < unlike.prediction.distance
    assert usual.prediction.review == ()
    assert "Unlike the training cohort" in unlike.prediction.review[0]


def test_the_key_frame_is_the_one_that_speaks_most_for_the_score(
    bundle: Bundle, tmp_path: Path
) -> None:
    noise = np.random.default_rng(5).integers(0, 60, (5, SIZE, SIZE, 1)).repeat(3, axis=3)
    steps = np.array([150, 150, 190, 150, 150])[:, None, None, None]
    clip = ExamClip(write_video(tmp_path / "one-bright.mp4", (noise + steps).astype(np.uint8)))
    with LoadedModel(bundle) as scorer:
        reading = scorer.score([clip]).clips[0].prediction
    assert reading is not None
    assert reading.score == 3
    assert reading.key_frame == 2


def test_variants_are_looked_at_where_the_head_asks_for_them(tmp_path: Path) -> None:
    extraction = ExtractionSettings(
        FramesPolicy("all"), variants=3, dtype="float32", sector="none", rotation=90.0
    )
    plain = make_bundle(tmp_path / "n", extraction=extraction)
    asking = make_bundle(tmp_path / "n", extraction=extraction, settings={"test_variants": True})
    clips = [film(tmp_path / "a.mp4", 1)]
    answers = []
    for each in (plain, asking):
        with LoadedModel(each) as scorer:
            reading = scorer.score(clips).clips[0].prediction
        assert reading is not None
        answers.append(reading)
    assert not np.allclose(answers[0].frame_probabilities, answers[1].frame_probabilities)
    assert answers[0].evidence.exact
    assert "variants" in answers[1].evidence.note


@pytest.mark.parametrize(("own", "shared"), [(2.5, 1.0), (1.0, 2.5), (2.0, 3.0), (0.5, 1.0)])
def test_probabilities_are_scaled_by_the_temperatures_of_head_and_bundle(
    bundle: Bundle, tmp_path: Path, own: float, shared: float
) -> None:
    clips = [film(tmp_path / "a.mp4", 2)]
    answers = []
    for head, whole in ((1.0, 1.0), (own, shared)):
        member = replace(bundle.members[0], temperature=head)
        with LoadedModel(replace(bundle, members=(member,), temperature=whole)) as scorer:
            reading = scorer.score(clips).clips[0].prediction
        assert reading is not None
        answers.append(reading.frame_probabilities)
    scaled = answers[0] ** (1 / (own * shared))
    scaled /= scaled.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answers[1], scaled, atol=1e-9)
    assert np.abs(answers[1] - answers[0]).max() > 1e-3


def test_probabilities_of_several_heads_are_averaged_after_their_own_temperatures(
    bundle: Bundle, tmp_path: Path
) -> None:
    clip = [film(tmp_path / "a.mp4", 2)]
    mine = replace(bundle, temperature=1.0)
    member = mine.members[0]
    other = replace(member, temperature=4.0)
    answers = []
    for members in ((member,), (other,), (member, other)):
        with LoadedModel(replace(mine, members=members)) as scorer:
            reading = scorer.score(clip).clips[0].prediction
        assert reading is not None
        answers.append(reading.frame_probabilities)
    np.testing.assert_allclose(answers[2], (answers[0] + answers[1]) / 2, atol=1e-12)
    assert np.abs(answers[0] - answers[1]).max() > 1e-3


def test_progress_ends_with_all_frames_and_never_goes_back(bundle: Bundle, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with LoadedModel(bundle) as scorer:
        scorer.score(four(tmp_path), progress=lambda done, total: told.append((done, total)))
    done = [step for step, _ in told]
    assert done == sorted(done)
    assert told[-1] == (20, 20)
    assert all(step <= total for step, total in told)


def test_it_can_be_stopped(bundle: Bundle, tmp_path: Path) -> None:
    stop = Event()
    with LoadedModel(bundle) as scorer:
        with pytest.raises(ExamError, match="stopped"):
            scorer.score(four(tmp_path), progress=lambda done, total: stop.set(), stop=stop)
        # and goes on with the next exam
        assert scores(scorer.score(four(tmp_path))) == [0, 1, 2, 3]


def test_exams_of_several_threads_wait_for_each_other(bundle: Bundle, tmp_path: Path) -> None:
    clips = four(tmp_path)
    found: dict[int, list[int | None]] = {}

    def run(number: int, scorer: LoadedModel) -> None:
        order = clips if number % 2 else clips[::-1]
        found[number] = scores(scorer.score(order))

    with LoadedModel(bundle) as scorer:
        threads = [Thread(target=run, args=(number, scorer)) for number in range(4)]
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
with LoadedModel(read_bundle(Path(sys.argv[1]))) as scorer:
    print(scorer.score([ExamClip(Path(sys.argv[2]))]).clips[0].prediction.score)
print([name for name in ("tensorflow", "keras", "torch", "matplotlib") if name in sys.modules])
"""


def test_a_kept_bundle_scores_in_a_process_that_never_loads_tensorflow(tmp_path: Path) -> None:
    kept = make_bundle(tmp_path / "networks", head="softmax", settings={"epochs": 10})
    write_bundle(kept, tmp_path / "bundle")
    clip = film(tmp_path / "a.mp4", 3)
    with LoadedModel(kept) as scorer:
        expected = scores(scorer.score([clip]))
    run = subprocess.run(
        [sys.executable, "-c", _PROCESS, str(tmp_path / "bundle"), str(clip.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split("\n") == [str(expected[0]), "[]", ""]
