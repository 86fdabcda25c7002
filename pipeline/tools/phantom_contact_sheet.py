"""Look at a phantom cohort and put numbers on how its clips look.

``sheet COHORT OUT.jpg`` draws frames of a phantom: one row for each score, other patients and
probes along it. ``measure FOLDER...`` prints a table of image statistics, one column for each
folder of MP4 files, so that a phantom can stand beside a folder of real clips.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from lusscore.cohort import CARD_NAME, Segment, read_cohort
from lusscore.errors import CohortError

CELL, LABEL, TITLE = 176, 64, 22
SIZE = 256
"""Frames are compared at this size in pixels, whatever size they were recorded at."""

DARK = 14
"""Grey level up to which a pixel may be border: video compression leaves traces there."""

MEASURES = (
    "grey level, 5th percentile",
    "grey level, 25th percentile",
    "grey level, median",
    "grey level, 75th percentile",
    "grey level, 95th percentile",
    "grey level, 99th percentile",
    "speckle correlation width, axial (pixels)",
    "speckle correlation width, lateral, upper half (pixels)",
    "speckle correlation width, lateral, lower half (pixels)",
    "local contrast (standard deviation / mean)",
    "correlation of frames 1/15 s apart",
)


def main() -> None:
    """Run the command that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    sheet = commands.add_parser("sheet", help="draw a contact sheet of a phantom cohort")
    sheet.add_argument("cohort", type=Path, help="folder of a synthetic cohort")
    sheet.add_argument("out", type=Path, help="JPEG file to write")
    sheet.add_argument("--columns", type=int, default=6, help="frames for each score")
    sheet.set_defaults(run=draw_sheet)
    measure = commands.add_parser("measure", help="print statistics of folders of MP4 clips")
    measure.add_argument("folders", type=Path, nargs="+", help="folders, searched to the bottom")
    measure.add_argument("--clips", type=int, default=100, help="clips of each, evenly chosen")
    measure.add_argument("--device", default="", help="of cohorts, only devices named like this")
    measure.set_defaults(run=print_measures)
    arguments = parser.parse_args()
    arguments.run(arguments)


def draw_sheet(arguments: argparse.Namespace) -> None:
    """Draw one frame each of different patients, a row for each score."""
    cohort = read_cohort(arguments.cohort)
    if not cohort.card.synthetic:
        raise CohortError(f"{arguments.cohort} is not synthetic; only a phantom is drawn.")
    sheet = Image.new("RGB", (LABEL + arguments.columns * CELL, TITLE + 4 * CELL), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default()
    title = f"{cohort.name}: synthetic lung ultrasound, no patient was scanned"
    draw.text((4, 4), title, fill="black", font=font)
    for score in range(4):
        top = TITLE + score * CELL
        draw.text((8, top + CELL // 2 - 6), f"score {score}", fill="black", font=font)
        for column, segment in enumerate(choose(cohort.segments, score, arguments.columns)):
            frames = read_frames(cohort.clip_path(segment.clip), "rgb24")
            image = Image.fromarray(frames[len(frames) // 2])
            sheet.paste(image.resize((CELL - 2, CELL - 2)), (LABEL + column * CELL, top))
    sheet.save(arguments.out, quality=88)


def choose(segments: tuple[Segment, ...], score: int, count: int) -> list[Segment]:
    """Choose clips of one score that go round the devices and, if there are enough, patients."""
    devices = sorted({segment.device for segment in segments})
    by_device: dict[str, list[Segment]] = {device: [] for device in devices}
    for segment in segments:
        if segment.score == score:
            by_device[segment.device].append(segment)
    chosen: list[Segment] = []
    for number in range(count):
        rest = [
            segment
            for segment in by_device[devices[number % len(devices)]]
            if segment not in chosen
        ]
        seen = {segment.patient for segment in chosen}
        fresh = [segment for segment in rest if segment.patient not in seen]
        # from the middle on, as the first zones are all of the right front
        pool = fresh or rest
        if pool:
            chosen.append(pool[(5 * number + 3) % len(pool)])
    return chosen


def print_measures(arguments: argparse.Namespace) -> None:
    """Print median and, in brackets, 10th and 90th percentile over clips for every folder."""
    columns = []
    for folder in arguments.folders:
        clips = find_clips(folder, arguments.device)
        chosen = clips[:: max(1, len(clips) // arguments.clips)][: arguments.clips]
        columns.append(np.asarray([measure_clip(clip) for clip in chosen]))
    heads = [
        f"{folder.name} ({len(c)} clips)"
        for folder, c in zip(arguments.folders, columns, strict=True)
    ]
    print("| measure | " + " | ".join(heads) + " |")
    print("|---|" + "---|" * len(heads))
    for row, name in enumerate(MEASURES):
        cells = []
        for column in columns:
            low, middle, high = np.nanpercentile(column[:, row], (10, 50, 90))
            cells.append(f"{middle:.3g} ({low:.3g} to {high:.3g})")
        print(f"| {name} | " + " | ".join(cells) + " |")


def find_clips(folder: Path, device: str) -> list[Path]:
    """List the clips of a cohort, by device, or all MP4 files of any other folder."""
    if not (folder / CARD_NAME).is_file():
        return sorted(folder.rglob("*.mp4"))
    cohort = read_cohort(folder)
    segments = [segment for segment in cohort.segments if device in segment.device]
    return [cohort.clip_path(segment.clip) for segment in segments]


def measure_clip(path: Path) -> list[float]:
    """Measure one clip; the order is that of `MEASURES`."""
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate or 15)
    frames = read_frames(path, "gray")
    sector = find_sector(frames)
    middle = frames[len(frames) // 2]
    percentiles = np.percentile(middle[sector], (5, 25, 50, 75, 95, 99))
    image = np.asarray(Image.fromarray(middle).resize((SIZE, SIZE)), dtype=np.float64)
    inside = np.asarray(Image.fromarray(sector).resize((SIZE, SIZE)))
    upper = inside & (np.arange(SIZE) < SIZE // 2)[:, None]
    mean = ndimage.uniform_filter(image, 9)
    spread = np.sqrt(np.maximum(ndimage.uniform_filter(image * image, 9) - mean * mean, 0))
    bright = inside & (mean > 20)
    step = max(1, round(rate / 15))
    correlations = [
        np.corrcoef(a[sector], b[sector])[0, 1]
        for a, b in zip(frames[:-step], frames[step:], strict=True)
        if a[sector].std() > 0 and b[sector].std() > 0
    ]
    return [
        *(float(value) for value in percentiles),
        correlation_width(image, inside, 0),
        correlation_width(image, upper, 1),
        correlation_width(image, inside & ~upper, 1),
        float(np.median(spread[bright] / mean[bright])) if bright.sum() > 500 else np.nan,
        float(np.median(correlations)) if correlations else np.nan,
    ]


def find_sector(frames: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find the insonified part: the largest bright region over time, filled row by row."""
    regions, count = ndimage.label(
        ndimage.binary_closing(frames.max(axis=0) > DARK, np.ones((5, 5)))
    )
    if count == 0:
        return np.ones(frames.shape[1:], dtype=bool)
    largest = regions == 1 + np.argmax(np.bincount(regions.ravel())[1:])
    from_left = np.maximum.accumulate(largest, axis=1)
    from_right = np.maximum.accumulate(largest[:, ::-1], axis=1)[:, ::-1]
    return from_left & from_right


def correlation_width(image: NDArray[np.float64], inside: NDArray[np.bool_], axis: int) -> float:
    """Lag in pixels at which the texture's autocorrelation falls to one half."""
    texture = (image - ndimage.gaussian_filter(image, 6)) * inside
    texture = np.moveaxis(texture, axis, 0)
    products = [np.sum(texture[: SIZE - lag] * texture[lag:]) for lag in range(16)]
    if products[0] == 0:
        return float("nan")
    course = np.asarray(products) / products[0]
    beyond = int(np.argmax(course < 0.5))
    if beyond == 0:
        return float("nan")
    return float(beyond - 1 + (course[beyond - 1] - 0.5) / (course[beyond - 1] - course[beyond]))


def read_frames(path: Path, layout: str) -> NDArray[np.uint8]:
    """Decode all frames of a clip as ``"gray"`` or ``"rgb24"``."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format=layout) for frame in container.decode(video=0)])


if __name__ == "__main__":
    main()
