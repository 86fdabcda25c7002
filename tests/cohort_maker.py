"""A small cohort of real MP4 files, and commands run on it in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from clip_maker import write_video
from lusscore.cli import main
from lusscore.cohort import Card, Cohort, Segment, write_cohort

Score = Callable[[int, int], int | None]
Lusscore = Callable[..., Result]
MakeCohort = Callable[..., Cohort]


def run_command(*arguments: object) -> Result:
    """Run ``lusscore`` with arguments; what it did not foresee is raised."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def usual_score(patient: int, zone: int) -> int:
    return (patient + zone) % 4


def write_small_cohort(
    folder: Path,
    card: Card,
    film: Callable[[int, int], NDArray[np.uint8]],
    *,
    patients: int,
    name: str,
    score: Score,
    device: Callable[[int], str] = lambda patient: "",
) -> Cohort:
    """Write patients with two zones each; `film` makes a clip of its score and a seed.

    `name` with a number is what a patient is called, and begins the names of their clips.
    """
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    segments = []
    for patient in range(patients):
        for number, zone in enumerate(("R1", "L1")):
            who, value = name.format(patient), score(patient, number)
            clip = f"clips/{who}_{zone}.mp4"
            write_video(folder / clip, film(value or 0, 10 * patient + number))
            group = "covid" if patient % 2 else "healthy"
            segments.append(
                Segment(clip, who, "1", zone, value, group=group, device=device(patient))
            )
    return write_cohort(folder, card, segments)
