"""``lusscore import``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import lusscore as ls
from lusscore.cli.extraction_options import levels_option, variants_option
from lusscore.cli.import_summary import sum_up, tell_cohort, tell_copies
from lusscore.cli.places import data_dir_option
from lusscore.console import say


class _Import(click.Command):
    """Ends its help with the importers, each in one line."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from lusscore.cohort import importer_names, importer_summary

        with formatter.section("Importers"):
            formatter.write_dl([(name, importer_summary(name)) for name in importer_names()])


def _read_columns(
    ctx: click.Context, param: click.Parameter, values: Sequence[str]
) -> dict[str, str]:
    columns = {}
    for value in values:
        word, equals, name = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value!r} has no '='; expected e.g. zone=Location.")
        columns[word.strip()] = name.strip()
    return columns


@click.command("import", cls=_Import)
@click.argument("importer")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--name",
    default=None,
    help="Name of the cohort.  [default: the importer's; 'cohort' with --deidentify]",
)
@click.option("--protocol", default=None, help="Zones: lus-12, lus-14, lus-8 or blue-6.")
@click.option("--rubric", default=None, help="The rule by which scores were given.")
@click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="Folder of the clips, where they do not lie beside the labels.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OUR=THEIRS",
    callback=_read_columns,
    help="What a column or field of the source means, e.g. zone=Location; 'zone=Name~L[1-3]' takes "
    "a part of it, 'zone=' says there is none. May be given several times.",
)
@click.option(
    "--rule",
    default=None,
    metavar="RULE",
    help="How several raters of a clip become one score: majority, mean or rater:NAME.  "
    "[default: majority]",
)
@click.option(
    "--frames",
    default="all",
    show_default=True,
    help="Frames used of each clip: all, every:N, per-clip:N or per-second:N.",
)
@click.option(
    "--repeated",
    type=click.Choice(("keep", "drop")),
    default=None,
    help="Whether frames that repeat the one before are used.",
)
@click.option(
    "--sector",
    type=click.Choice(("none", "sector", "sector-no-text")),
    default=None,
    help="What a network sees of a frame: all of it, the insonified part, or that without text.",
)
@click.option(
    "--contrast",
    type=click.Choice(("none", "stretch", "clahe")),
    default=None,
    help="Contrast inside the sector: as recorded, stretched, or equalised in tiles as well.",
)
@levels_option
@variants_option
@click.option(
    "--deidentify",
    is_flag=True,
    help="Make copies of the clips without names and metadata, and pseudonyms for patients.",
)
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="What each pseudonym stands for; kept apart from the cohort.  [default: keys/NAME.csv]",
)
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True,
    help="Copies made at once with --deidentify.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace the manifest and card of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print what came in as JSON.")
@data_dir_option
def command(
    importer: str,
    source: Path,
    name: str | None,
    protocol: str | None,
    rubric: str | None,
    media: Path | None,
    columns: dict[str, str],
    rule: str | None,
    frames: str,
    repeated: str | None,
    sector: str | None,
    contrast: str | None,
    levels: tuple[str, ...],
    variants: int,
    deidentify: bool,
    key_file: Path | None,
    jobs: int,
    overwrite: bool,
    as_json: bool,
    data_dir: Path,
) -> None:
    """Bring the data set at SOURCE, a folder or a file of labels, in as a cohort.

    Clips stay where they are, unless --deidentify copies them. Where several raters scored a
    clip, each one's scores are kept in ratings.csv, and --rule makes the one score of the
    manifest; a tie stays unlabelled.
    """
    from lusscore.cohort import ExtractionSettings, FramesPolicy

    chosen: dict[str, Any] = {"sector": sector, "repeated": repeated, "contrast": contrast}
    cohort = ls.import_cohort(
        importer,
        source,
        name=name,
        protocol=protocol,
        rubric=rubric,
        media=media,
        columns=columns,
        rule=rule,
        extraction=ExtractionSettings(
            frames=FramesPolicy.parse(frames),
            variants=variants,
            levels=levels,
            **{key: value for key, value in chosen.items() if value is not None},
        ),
        deidentify=deidentify,
        key_file=key_file,
        jobs=jobs,
        overwrite=overwrite,
        data_dir=data_dir,
    )
    copies = cohort.copies
    summary = sum_up(cohort)
    if as_json:
        say(json.dumps(summary, indent=2))
    else:
        tell_cohort(summary)
        if copies is not None:
            tell_copies(cohort.name, copies, cohort.key_file)
    if copies is not None and copies.left_out:
        sys.exit(1)
