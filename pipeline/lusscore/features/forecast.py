"""What a run of stage one would do: how much, how long, how large."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from joblib import cpu_count

from lusscore.backbones import BackboneSpec, EngineChoice, measure_sgemm
from lusscore.cohort import Cohort
from lusscore.features.computing import Callbacks
from lusscore.features.media import Media, MediaIndex
from lusscore.features.parts import Gap
from lusscore.features.stock import Outcome, Stock
from lusscore.files import read_record, write_record

_SPEED_NAME = "speed.json"
# shorter runs say more of starting than of computing
_LEAST_SECONDS = 5.0
# For the first run: the share of a matrix product's speed that large networks reach, the gain
# of halved numbers where the hardware has it, and the time to decode and augment one image.
_SHARE_OF_SGEMM = 0.85
_GAIN = {"f32": 1.0, "bf16": 1.8, "f16": 1.8}
_SECONDS_TO_PREPARE = 0.001
# of a file and of a part: attributes and HDF5's own tables; of a row: clip, number and time
_BYTES_OF_FILE, _BYTES_OF_PART, _BYTES_OF_ROW = 16_000, 6_000, 12


@dataclass(frozen=True)
class Forecast:
    """What a run would do for one backbone.

    Attributes
    ----------
    clips, frames, images
        To be computed; images are frames times variants.
    kept, unreadable
        Clips whose embeddings are there, and clips that cannot be read.
    seconds, basis
        How long it would take, by the ``"last run"`` or an ``"estimate"``; None where not known.
    parts_size, size
        Bytes of the parts to be computed, and of the feature file when it is complete.
    changes
        How the settings of the feature file that is there differ.
    fits
        Whether the disk has room.
    """

    backbone: str
    path: Path
    clips: int
    frames: int
    images: int
    kept: int
    unreadable: int
    seconds: float | None
    basis: str
    parts_size: int
    size: int
    changes: tuple[str, ...]
    fits: bool = True


def forecast_features(
    cohort: Cohort,
    specs: Sequence[BackboneSpec],
    features_dir: Path,
    *,
    weights_dir: Path | None = None,
    engine: EngineChoice | None = None,
    workers: int = 1,
    callbacks: Callbacks | None = None,
) -> list[Forecast]:
    """Say what :func:`extract_features` would do with the same arguments; compute nothing.

    No network is loaded and no weights are downloaded. Clips that were never seen are read,
    since their frames must be counted. Errors are those of :func:`extract_features`, and a
    WeightsError if weights are not on this machine.
    """
    engine, callbacks = engine or EngineChoice(), callbacks or Callbacks()
    media = MediaIndex(cohort, features_dir).survey_all(callbacks.media)
    forecasts, needed = [], 0
    for spec in specs:
        stock = Stock.open(
            cohort, spec, features_dir, weights_dir=weights_dir, precision=engine.precision
        )
        forecast = _forecast(stock, media, engine, workers)
        packed = forecast.clips or stock.changes or stock.record is None
        needed += forecast.parts_size + (forecast.size if packed else 0)
        forecasts.append(replace(forecast, fits=_fits(features_dir, needed)))
    return forecasts


def _forecast(stock: Stock, media: Sequence[Media], engine: EngineChoice, workers: int) -> Forecast:
    """Say what a run would do for one backbone; of the disk nothing is said."""
    item, layers = np.dtype(stock.needs.dtype).itemsize, stock.needs.layers
    todo: list[Gap] = []
    clips = kept = rows = names = 0
    for one in media:
        clip = stock.plan(one)
        gaps = stock.gaps(clip)
        if gaps and not one.error:
            clips += 1
            todo += gaps
        kept += bool(len(clip.frames)) and not gaps
        rows += 0 if one.error and gaps else len(clip.frames)
        names += 64 + len(clip.path.encode())
    images = sum(len(gap.frames) * len(gap.variants) for gap in todo)
    parts_size = sum(
        len(gap.frames) * len(gap.variants) * item * sum(layers[name] for name in gap.layers)
        + _BYTES_OF_PART
        for gap in todo
    )
    row_bytes = len(stock.needs.variants) * stock.needs.width * item + _BYTES_OF_ROW
    speed = expected_speed(engine, stock.spec, workers) if images else (1.0, "")
    return Forecast(
        stock.spec.name,
        stock.path,
        clips,
        sum(len(gap.frames) for gap in todo),
        images,
        kept,
        sum(1 for one in media if one.error),
        None if speed is None else images / speed[0],
        "" if speed is None else speed[1],
        parts_size,
        rows * row_bytes + _BYTES_OF_FILE + names,
        tuple(stock.changes),
    )


def remember_speed(
    choice: EngineChoice, run: Sequence[tuple[BackboneSpec, Outcome]], workers: int = 1
) -> None:
    """Keep the images per second of a run for the forecasts of later ones.

    Where several backbones ran side by side, each is given the share of the time that its
    floating-point operations have.
    """
    if choice.cache is None or not run or run[0][1].seconds < _LEAST_SECONDS:
        return
    work = [outcome.images * (spec.flops or 0) for spec, outcome in run]
    known = dict(read_record(choice.cache / _SPEED_NAME) or {})
    for (spec, outcome), operations in zip(run, work, strict=True):
        share = operations / sum(work) if sum(work) else 1 / len(run)
        if outcome.images and share:
            known[_key(choice, spec, workers)] = outcome.images / (outcome.seconds * share)
    write_record(choice.cache / _SPEED_NAME, known)


def expected_speed(
    choice: EngineChoice, spec: BackboneSpec, workers: int = 1
) -> tuple[float, str] | None:
    """Say how many images a second to expect, and by what: ``"last run"`` or ``"estimate"``.

    None for a network whose operations are not known and which never ran here.
    """
    if choice.cache is not None:
        known = read_record(choice.cache / _SPEED_NAME) or {}
        remembered = known.get(_key(choice, spec, workers), math.nan)
        if remembered > 0:
            return float(remembered), "last run"
    if spec.flops is None:
        return None
    # the fastest of several: another program's moment must not slow a run of hours on paper
    sgemm = max(measure_sgemm(1024, 1) for _ in range(8))
    speed = sgemm * 1e9 * _SHARE_OF_SGEMM * _GAIN[choice.precision]
    return 1 / (spec.flops / speed + _SECONDS_TO_PREPARE / cpu_count()), "estimate"


def _key(choice: EngineChoice, spec: BackboneSpec, workers: int) -> str:
    device = choice.device or "default"
    return f"{spec.name} {choice.name} {device} {choice.precision} {choice.threads} {workers}"


def _fits(folder: Path, size: int) -> bool:
    while not folder.exists():
        folder = folder.absolute().parent
    return shutil.disk_usage(folder).free >= size
