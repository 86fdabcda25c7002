"""Measure how well repeated frames are told on real clips: the numbers of docs/clips.md.

python tests/measure_repeats.py FOLDER-OF-MP4-FILES
"""

from __future__ import annotations

import io
import sys
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np

from clip_maker import encode
from lusscore.clips import open_clip
from lusscore.clips.repeats import RepeatFinder

SETTINGS = [(18, "medium"), (23, "medium"), (28, "medium"), (23, "veryfast")]


def repeats(frames: list[np.ndarray]) -> list[bool]:
    finder = RepeatFinder()
    return [finder.add(rgb) for rgb in frames]


def encoded_twice_as_fast(
    frames: list[np.ndarray], quality: int, preset: str = "medium"
) -> list[np.ndarray]:
    """Encode each frame twice with H.264 at a quality (CRF) and decode."""
    coded = io.BytesIO()
    height, width = (side // 2 * 2 for side in frames[0].shape[:2])
    twice = np.repeat(np.stack(frames)[:, :height, :width], 2, axis=0)
    options = {"crf": str(quality), "preset": preset}
    encode(coded, twice, container="mp4", rate=60, options=options)
    coded.seek(0)
    with av.open(coded) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def main() -> None:
    paths = sorted(Path(sys.argv[1]).rglob("*.mp4"))
    told, same, pairs = 0, 0, 0
    for path in paths:
        frames = [frame.rgb for frame in islice(open_clip(path), 50)]
        alike = [np.array_equal(one, other) for one, other in pairwise(frames)]
        told += sum(repeats(frames))
        same += sum(alike)
        pairs += len(alike)
    sys.stdout.write(f"live: {told} of {pairs} told as repeats, {same} of them equal to the bit\n")
    for quality, preset in SETTINGS:
        found, lost = [], []
        for path in paths[::7]:
            frames = [frame.rgb for frame in islice(open_clip(path), 30)]
            answers = repeats(encoded_twice_as_fast(frames, quality, preset))
            found += answers[1::2]
            lost += answers[2::2]
        sys.stdout.write(
            f"H.264, CRF {quality}, {preset}: {np.mean(found):.1%} of duplicates found, "
            f"{np.mean(lost):.1%} of new frames taken for repeats ({len(found)} of each)\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
