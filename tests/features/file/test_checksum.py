import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from lusscore.features.file.checksum import ClipChecksum, clip_checksum

ROWS = npst.arrays(np.float16, st.tuples(st.integers(1, 9), st.just(2), st.just(3)))


@given(ROWS, st.data())
def test_rows_that_arrive_in_parts_give_the_checksum_of_the_whole(
    rows: np.ndarray, data: st.DataObject
) -> None:
    frames, times = np.arange(len(rows), dtype=np.int32), np.arange(len(rows)) / 25
    whole = clip_checksum("a.mp4", "ff", frames, rows, times)
    cut = data.draw(st.integers(0, len(rows)))
    parts = ClipChecksum("a.mp4", "ff", frames)
    parts.update(rows[:cut])
    parts.update(rows[cut:])
    assert parts.finish(times) == whole


@given(ROWS, st.data())
def test_every_part_counts(rows: np.ndarray, data: st.DataObject) -> None:
    frames, times = np.arange(len(rows), dtype=np.int32), np.arange(len(rows)) / 25
    changed = rows.copy()
    flat = changed.reshape(-1).view(np.uint16)
    flat[data.draw(st.integers(0, flat.size - 1))] ^= 1 << data.draw(st.integers(0, 15))
    later = times.copy()
    later[-1] += 1
    variants = [
        ("a.mp4", "ff", frames, rows, times),
        ("b.mp4", "ff", frames, rows, times),
        ("a.mp4", "fe", frames, rows, times),
        ("a.mp4", "ff", frames + 1, rows, times),
        ("a.mp4", "ff", frames, changed, times),
        ("a.mp4", "ff", frames, rows, later),
    ]
    assert len({clip_checksum(*variant) for variant in variants}) == len(variants)
