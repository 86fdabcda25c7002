from dataclasses import replace

import numpy as np
import pytest

from labelling.pool_maker import FEATURES, in_other_order, parts
from lusscore.errors import FeatureFileError
from lusscore.evaluation.models import FeatureSet
from lusscore.labelling.pool import UNLABELLED, join_pool


def test_a_pool_has_labelled_and_unlabelled_clips_with_their_own_embeddings() -> None:
    segments, file = parts(3, 2)
    pool = join_pool(segments, file, FEATURES)
    assert len(pool.segments) == 6
    for row, segment in enumerate(pool.segments):
        own = file.embeddings[file.clip == file.paths.index(segment.clip), 0]
        assert pool.vectors()[row] == pytest.approx(own.mean(axis=0), abs=1e-6)
        assert pool.scores[row] == (UNLABELLED if segment.score is None else segment.score)
    assert pool.left_out == {}


def test_the_order_of_rows_clips_and_frames_changes_no_bit() -> None:
    segments, file = parts()
    first, other = (
        join_pool(*pair, FEATURES) for pair in ((segments, file), in_other_order(segments, file, 3))
    )
    assert first.segments == other.segments
    assert first.frames.equals(other.frames)
    assert np.array_equal(first.seen, other.seen)
    assert np.array_equal(first.vectors(), other.vectors())


def test_a_row_has_the_frames_that_it_names() -> None:
    segments, file = parts(2, 1)
    divided = [
        replace(segments[0], frame_start=0, frame_end=1),
        replace(segments[0], frame_start=1, frame_end=None, score=None),
    ]
    pool = join_pool(divided, file, FEATURES)
    assert pool.frames["frame"].tolist() == [0, 1, 2]
    assert pool.frames["segment"].tolist() == [0, 1, 1]
    assert pool.scores.tolist() == [divided[0].score, UNLABELLED]


def test_clips_without_embeddings_are_left_out_and_told() -> None:
    segments, file = parts(2, 2)
    failed = replace(file, errors=("it is cut short", "it is a picture of a cat", "", ""))
    strange = replace(segments[3], clip="new.mp4")
    late = replace(segments[2], frame_start=50)
    pool = join_pool([*segments[:2], strange, late, segments[3]], failed, FEATURES)
    assert [segment.clip for segment in pool.segments] == [segments[3].clip]
    assert pool.left_out == {
        segments[0].clip: "it is cut short",
        segments[1].clip: "it is a picture of a cat",
        "new.mp4": "its embeddings are not computed yet",
        segments[2].clip: "none of the frames of a row have embeddings",
    }


def test_nothing_to_look_at_is_a_sentence() -> None:
    segments, file = parts(2, 2)
    with pytest.raises(FeatureFileError, match="run 'lusscore features"):
        join_pool(segments, replace(file, errors=("it is cut short",) * 4), FEATURES)


def test_levels_stand_beside_each_other() -> None:
    segments, file = parts(2, 2)
    wide = file.embeddings[..., :3]
    file = replace(file, levels={"16.mean": wide})
    pool = join_pool(segments, file, FeatureSet(file.backbone, ("16.mean", "embedding")))
    assert pool.seen.shape[-1] == 3 + file.embeddings.shape[-1]
    assert np.array_equal(pool.seen[..., :3], pool.seen[..., 3:6])
    with pytest.raises(FeatureFileError, match=r"does not hold the level 32\.top"):
        join_pool(segments, file, FeatureSet(file.backbone, ("32.top",)))
