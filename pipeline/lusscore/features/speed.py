"""How fast this machine computes embeddings: remembered from runs, estimated before the first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from joblib import cpu_count

from lusscore.backbones import BackboneSpec, measure_sgemm
from lusscore.features.computing.engine_choice import EngineChoice
from lusscore.features.computing.job import Outcome

_NAME = "speed.json"
# shorter runs say more of starting than of computing
_LEAST_SECONDS = 5.0
# For the first run: the share of a matrix product's speed that large networks reach, the gain
# of halved numbers where the hardware has it, and the time to decode and augment one image.
_SHARE_OF_SGEMM = 0.85
_GAIN = {"f32": 1.0, "bf16": 1.8, "f16": 1.8}
_SECONDS_TO_PREPARE = 0.001


def remember_speed(
    choice: EngineChoice, run: Sequence[tuple[BackboneSpec, Outcome]], workers: int = 1
) -> None:
    """Keep the images per second of a run for the forecasts of later ones.

    Where several backbones ran side by side, each is given the share of the time that its
    floating-point operations have. What cannot be kept is left.
    """
    if choice.cache is None or not run or run[0][1].seconds < _LEAST_SECONDS:
        return
    work = [outcome.images * (spec.flops or 0) for spec, outcome in run]
    known = _recall(choice.cache)
    for (spec, outcome), operations in zip(run, work, strict=True):
        share = operations / sum(work) if sum(work) else 1 / len(run)
        if outcome.images and share:
            known[_key(choice, spec, workers)] = outcome.images / (outcome.seconds * share)
    with suppress(OSError):
        choice.cache.mkdir(parents=True, exist_ok=True)
        (choice.cache / _NAME).write_text(json.dumps(known, indent=1), encoding="utf-8")


def expected_speed(
    choice: EngineChoice, spec: BackboneSpec, workers: int = 1
) -> tuple[float, str] | None:
    """Say how many images a second to expect, and what that rests on.

    Returns
    -------
    tuple of float and str, or None
        Images per second, and ``"last run"`` or ``"estimate"``. None for a network whose
        operations are not known and which never ran here.
    """
    if choice.cache is not None:
        remembered = _recall(choice.cache).get(_key(choice, spec, workers))
        if remembered is not None:
            return remembered, "last run"
    if spec.flops is None:
        return None
    # the fastest of several: another program's moment must not slow a run of hours on paper
    sgemm = max(measure_sgemm(1024, 1) for _ in range(8))
    speed = sgemm * 1e9 * _SHARE_OF_SGEMM * _GAIN[choice.precision]
    return 1 / (spec.flops / speed + _SECONDS_TO_PREPARE / cpu_count()), "estimate"


def _key(choice: EngineChoice, spec: BackboneSpec, workers: int) -> str:
    device = choice.device or "default"
    return f"{spec.name} {choice.name} {device} {choice.precision} {choice.threads} {workers}"


def _recall(folder: Path) -> dict[str, float]:
    try:
        known = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        return {str(key): float(value) for key, value in known.items() if float(value) > 0}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
