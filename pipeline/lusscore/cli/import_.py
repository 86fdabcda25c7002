"""``lusscore import``."""

from __future__ import annotations

from pathlib import Path

import click

from lusscore.cli.places import data_dir_option
from lusscore.console import note, say


@click.command("import")
@click.argument("importer")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", default=None, help="Name of the cohort.  [default: the importer's]")
@click.option("--protocol", default=None, help="Zones: lus-12, lus-14, lus-8 or blue-6.")
@click.option("--rubric", default=None, help="The rule by which scores were given.")
@click.option(
    "--frames",
    default="all",
    show_default=True,
    help="Frames used of each clip: all, every:N or per-clip:N.",
)
@click.option(
    "--variants", type=int, default=3, show_default=True, help="Augmented copies a frame."
)
@click.option("--overwrite", is_flag=True, help="Replace the manifest and card of that name.")
@data_dir_option
def command(
    importer: str,
    source: Path,
    name: str | None,
    protocol: str | None,
    rubric: str | None,
    frames: str,
    variants: int,
    overwrite: bool,
    data_dir: Path,
) -> None:
    """Bring the labelled data set at SOURCE in as a cohort. Clips stay where they are.

    \b
    covid-blues  a copy of COVID-BLUES (lus_videos/, severity.csv, clinical_variables.csv)
    folders      <patient>/<zone>/<score>/… or <score>/<patient>_… of images or clips
    """
    from lusscore.cohort import (
        CARD_NAME,
        ExtractionSettings,
        FramesPolicy,
        read_cohort,
        write_cohort,
    )
    from lusscore.cohort.importers import ImportOptions, get_importer
    from lusscore.errors import CohortError

    extraction = ExtractionSettings(frames=FramesPolicy.parse(frames), variants=variants)
    imported = get_importer(importer)(source, ImportOptions(name, protocol, rubric, extraction))
    folder = data_dir / imported.card.name
    if (folder / CARD_NAME).exists() and not overwrite:
        raise CohortError(f"{folder} holds a cohort; choose another --name, or use --overwrite.")
    write_cohort(folder, imported.card, imported.spans)
    cohort = read_cohort(folder)
    if imported.ignored:
        listed = ", ".join(imported.ignored[:5])
        more = f" and {len(imported.ignored) - 5} more" if len(imported.ignored) > 5 else ""
        note(f"{len(imported.ignored)} files were not understood and left out: {listed}{more}.")
    patients = len({span.patient for span in cohort.spans})
    say(
        f"{folder}: {patients} patients, {len(cohort.clips())} clips, protocol "
        f"{cohort.card.protocol}, rubric {cohort.card.rubric}. "
        f"Next: lusscore features {cohort.name}"
    )
