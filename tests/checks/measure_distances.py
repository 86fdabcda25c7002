"""Measure how far copies of clips are from their originals, and distinct clips from each other.

python tests/checks/measure_distances.py <folder of patient_<n>_<zone>.mp4> [every]

Makes seven kinds of copies of every seventh clip; docs/checking.md shows what came out.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from lusscore.checks.frames import look_at_frames
from lusscore.checks.rules.duplicates import ALIKE, SAME, find_alike
from lusscore.clips import count_frames, open_clip
from lusscore.console import say
from lusscore.sector import find_sector

Video = NDArray[np.uint8]


def copies(video: Video) -> Iterator[tuple[str, Video, str, dict[str, str]]]:
    """Yield kind, frames, codec and its options of each copy."""
    n = len(video)
    strong = {"crf": "35"}
    yield "re-encoded, strongly compressed", video, "libx264", strong
    yield "another codec (MPEG-4)", video, "mpeg4", {"b": "800000"}
    yield "200 pixels a side", resized(video, 200), "libx264", {"crf": "32"}
    yield "middle third", video[n // 3 + 1 : 2 * n // 3 + 1], "libx264", {"crf": "32"}
    yield "brighter", brighter(video, 1.25), "libx264", {"crf": "32"}
    part = brighter(resized(video[n // 4 + 1 : 3 * n // 4], 256), 1.15)
    yield "half, smaller, brighter, compressed", part, "libx264", strong
    framed = np.zeros((n, 480, 640, 3), np.uint8)
    framed[:, 60 : 60 + video.shape[1], 150 : 150 + video.shape[2]] = video
    yield "in a black frame of 640 × 480", framed, "libx264", {"crf": "32"}


def resized(video: Video, side: int) -> Video:
    frames = [cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA) for rgb in video]
    return np.array(frames, np.uint8)


def brighter(video: Video, factor: float) -> Video:
    return np.clip(video.astype(np.float32) * factor + 8, 0, 255).astype(np.uint8)


def encode(path: Path, video: Video, codec: str, options: dict[str, str]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = video.shape[1], video.shape[2], "yuv420p"
        stream.options = options
        for rgb in video:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def hashes(path: Path) -> NDArray[np.uint8] | None:
    return look_at_frames(path, count_frames(path), find_sector(path)).hashes


def main() -> None:
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    clips = sorted(Path(sys.argv[1]).glob("*.mp4"))
    known = [hashes(path) for path in clips]
    owners = [re.findall(r"\d+", path.stem)[0] for path in clips]
    distances = {True: [], False: []}
    for one, other, distance in find_alike(known, 0.25):
        distances[owners[one] == owners[other]].append((distance, one, other))
    for same, patients in ((True, "one patient"), (False, "two patients")):
        found = sorted(distances[same])
        say(f"Nearest of all distinct clips of {patients}:")
        for distance, one, other in found[:5]:
            say(f"  {distance:.1%}  {clips[one].stem}  {clips[other].stem}")
    found_by_kind = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for original in range(0, len(clips), every):
            video = np.stack([frame.rgb for frame in open_clip(clips[original])])
            for kind, frames, codec, options in copies(video):
                path = Path(folder) / "copy.mp4"
                encode(path, frames, codec, options)
                pairs = find_alike([known[original], hashes(path)], 1.0)
                found_by_kind[kind].append(pairs[0][2])
    say("Copies: kind, clips, median, 95 %, largest distance, same, same or alike")
    for kind, values in found_by_kind.items():
        middle, most = np.percentile(values, (50, 95))
        shares = [np.mean(np.array(values) <= limit) for limit in (SAME, ALIKE)]
        say(
            f"  {kind}: {len(values)}, {middle:.1%}, {most:.1%}, {max(values):.1%}, "
            f"{shares[0]:.0%}, {shares[1]:.0%}"
        )


if __name__ == "__main__":
    main()
