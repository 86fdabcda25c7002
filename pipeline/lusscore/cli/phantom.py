"""``lusscore phantom``."""

from __future__ import annotations

from pathlib import Path

import click

from lusscore.cli import options
from lusscore.console import counter, say


@click.command("phantom")
@click.option("--patients", type=int, default=49, show_default=True, help="Number of patients.")
@click.option(
    "--covid", type=int, default=None, help="Of these, with COVID-19.  [default: 37 in 49]"
)
@click.option("--frames", type=int, default=12, show_default=True, help="Frames per clip.")
@click.option(
    "--size", type=int, default=256, show_default=True, help="Height and width in pixels."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same cohort.")
@options.kept_levels
@options.variants
@click.option("--name", default="phantom", show_default=True, help="Name of the cohort.")
@click.option(
    "--jobs", type=int, default=-1, show_default=True, help="Processes; -1 for all cores."
)
@click.option("--overwrite", is_flag=True, help="Replace a phantom of that name.")
@options.data_dir
def command(
    patients: int,
    covid: int | None,
    frames: int,
    size: int,
    seed: int,
    levels: tuple[str, ...],
    variants: int,
    name: str,
    jobs: int,
    overwrite: bool,
    data_dir: Path,
) -> None:
    """Make a cohort of synthetic clips, so that everything can be tried without patient data.

    Twelve zones per patient, convex and linear probes, scores 0–3 with the signs that define
    them. No result on it says anything about patients.
    """
    from dataclasses import replace

    from lusscore.cohort import PhantomSettings, write_phantom

    extraction = replace(PhantomSettings().extraction, levels=levels, variants=variants)
    settings = PhantomSettings(patients, covid, seed, frames, size, extraction, name)
    with counter("Rendering clips", "clips") as update:
        cohort = write_phantom(
            data_dir / name, settings, jobs=jobs, overwrite=overwrite, progress=update
        )
    say(
        f"{cohort.folder}: {patients} synthetic patients, {len(cohort.clips())} clips. "
        f"Next: lusscore features {name}"
    )
