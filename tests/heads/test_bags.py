import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lusscore.heads.bags import batch_rows, gather_bags


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=30))
def test_a_bag_is_one_clip_with_one_label_and_no_frame_is_lost(
    frames: list[tuple[int, int]],
) -> None:
    clips, targets = (np.array(column) for column in zip(*frames, strict=True))
    order, starts = gather_bags(clips, len(clips), targets)
    assert sorted(order) == list(range(len(frames)))
    bags = np.split(order, starts[1:])
    kinds = [{frames[row] for row in bag} for bag in bags]
    assert all(len(kind) == 1 for kind in kinds)
    assert len(bags) == len(set(frames))
    assert all((np.diff(bag) > 0).all() for bag in bags)


def test_without_labels_a_clip_is_one_bag_and_without_clips_a_frame() -> None:
    order, starts = gather_bags(np.array([1, 0, 1]), 3)
    assert order.tolist() == [1, 0, 2]
    assert starts.tolist() == [0, 1]
    assert gather_bags(None, 3)[1].tolist() == [0, 1, 2]


def test_rows_of_chosen_bags_follow_each_other() -> None:
    order, starts = np.array([5, 6, 7, 8, 9]), np.array([0, 2, 3])
    rows, at = batch_rows(order, starts, np.array([2, 0]))
    assert rows.tolist() == [8, 9, 5, 6]
    assert at.tolist() == [0, 2]
