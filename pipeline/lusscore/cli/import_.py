"""``lusscore import``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.console import note, print_table, say
from lusscore.wording import some

if TYPE_CHECKING:
    from lusscore.api import ImportedCohort
    from lusscore.privacy import Deidentified

_HEADINGS = {
    "name": "What is imported",
    "frames": "Stage one, kept in the cohort's card",
    "deidentify": "De-identified copies",
    "overwrite": "Result",
}


class _Import(options.GroupedCommand):
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


@click.command("import", cls=_Import, headings=_HEADINGS)
@click.argument("importer")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--name", default=None,
    help="Name of the cohort.  [default: the importer's; 'cohort' with --deidentify]",
)  # fmt: skip
@click.option("--protocol", default=None, help="Zones: lus-12, lus-14, lus-8 or blue-6.")
@click.option("--rubric", default=None, help="The scoring system, e.g. lung-ultrasound-score.")
@click.option(
    "--media", type=click.Path(exists=True, file_okay=False, path_type=Path), default=None,
    help="Folder of the clips, if not that of the labels.",
)  # fmt: skip
@click.option(
    "--column", "columns", multiple=True, metavar="OUR=THEIRS", callback=_read_columns,
    help="What a column or field of the source means, e.g. zone=Location; 'zone=Name~L[1-3]' takes "
    "a part of it, 'zone=' says there is none; may be repeated.",
)  # fmt: skip
@click.option(
    "--rule", default=None, metavar="RULE",
    help="Consensus of several raters: majority, mean or rater:NAME.  [default: majority]",
)  # fmt: skip
@click.option(
    "--allow-missing", is_flag=True,
    help="Import the clips that are here where labels name others, too.",
)  # fmt: skip
@click.option(
    "--frames", default="all", show_default=True,
    help="Frames used of each clip: all, every:N, per-clip:N or per-second:N.",
)  # fmt: skip
@click.option(
    "--repeated", type=click.Choice(("keep", "drop")), default=None,
    help="Whether repeated frames are used.",
)  # fmt: skip
@click.option(
    "--sector", type=click.Choice(("none", "sector", "sector-no-text")), default=None,
    help="Input of the networks: the whole frame, the sector, or the sector without text.",
)  # fmt: skip
@click.option(
    "--contrast", type=click.Choice(("none", "stretch", "clahe")), default=None,
    help="Contrast inside the sector: as recorded, stretched, or equalised in tiles too.",
)  # fmt: skip
@options.kept_levels
@options.variants
@click.option(
    "--deidentify", is_flag=True,
    help="Copy the clips without names and metadata, and replace patients by pseudonyms.",
)  # fmt: skip
@click.option(
    "--key-file", type=click.Path(dir_okay=False, path_type=Path), default=None,
    help="What each pseudonym stands for; kept apart from the cohort.  [default: keys/NAME.csv]",
)  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True,
    help="Copies made at once with --deidentify.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace the manifest and card of that name.")
@options.as_json
@options.data_dir
def command(
    importer: str,
    source: Path,
    frames: str,
    repeated: str | None,
    sector: str | None,
    contrast: str | None,
    levels: tuple[str, ...],
    variants: int,
    as_json: bool,
    **settings: Any,
) -> None:
    """Import the data set at SOURCE, a folder or a file of labels, as a cohort.

    Clips stay where they are, unless --deidentify copies them. Where several raters scored a
    clip, all scores are kept in ratings.csv, and --rule decides the one of the manifest; a tie
    stays unlabelled.
    """
    from lusscore.cohort import ExtractionSettings, FramesPolicy

    chosen: dict[str, Any] = {"sector": sector, "repeated": repeated, "contrast": contrast}
    extraction = ExtractionSettings(
        frames=FramesPolicy.parse(frames),
        variants=variants,
        levels=levels,
        **{key: value for key, value in chosen.items() if value is not None},
    )
    cohort = ls.import_cohort(importer, source, extraction=extraction, **settings)
    copies = cohort.copies
    summary = _summary(cohort)
    if as_json:
        say(json.dumps(summary, indent=2))
    else:
        _print_cohort(summary)
        if copies is not None:
            _print_copies(cohort.name, copies, cohort.key_file)
    left_out = copies is not None and copies.left_out
    if left_out or (cohort.imported.missing and not settings["allow_missing"]):
        sys.exit(1)


def _summary(cohort: ImportedCohort) -> dict[str, Any]:
    """Sum up what was imported; of copies, without any word of their source."""
    imported, consensus, copies = cohort.imported, cohort.consensus, cohort.copies
    ties = [
        " · ".join(filter(None, (segment.patient, segment.zone, Path(segment.clip).name)))
        for segment in consensus.ties
    ]
    named: dict[str, Any] = {
        "ties": ties,
        "ignored": list(imported.ignored),
        "missing": list(imported.missing),
        "notes": list(imported.notes),
    }
    if copies is not None:
        named = {
            "look_at": [copied.clip for copied in copies.look_at],
            "left_out": dict(copies.left_out),
            "unused": list(copies.unused),
        }
    return {
        "cohort": cohort.name,
        "folder": str(cohort.folder),
        "protocol": cohort.card.protocol,
        "rubric": cohort.card.rubric,
        "patients": len({segment.patient for segment in cohort.segments}),
        "clips": len(cohort.clips()),
        "labelled": len({segment.clip for segment in cohort.segments if segment.score is not None}),
        "segments": len(cohort.segments),
        "raters": sorted({rating.rater for rating in consensus.ratings}),
        "tie_count": len(ties),
        "ignored_count": len(imported.ignored),
        "missing_count": len(imported.missing),
        **named,
    }


def _print_cohort(summary: dict[str, Any]) -> None:
    """Say what was imported and what was not."""
    for sentence in summary.get("notes", ()):
        note(sentence)
    if summary["tie_count"]:
        note(
            "Left unlabelled, as raters are tied: "
            f"{summary['tie_count']}{_listed(summary.get('ties', ()))}. "
            "--rule mean or --rule rater:NAME decides."
        )
    if missing := summary["missing_count"]:
        here = summary["clips"]
        note(
            f"{here} of {here + missing} clips are here. Missing: "
            f"{missing}{_listed(summary.get('missing', ()))}."
        )
    if summary["ignored_count"]:
        note(f"Not imported: {summary['ignored_count']}{_listed(summary.get('ignored', ()))}.")
    by = f", {len(summary['raters'])} raters" if summary["raters"] else ""
    rubric = summary["rubric"] if summary["rubric"] != "unknown" else "not specified"
    say(
        f"{summary['folder']}: {summary['patients']} patients, {summary['clips']} clips, protocol "
        f"{summary['protocol']}, scoring system {rubric}, {summary['labelled']} clips "
        f"labelled{by}. Next: lusscore check {summary['cohort']}"
    )


def _listed(paths: Sequence[str]) -> str:
    return f" ({some(paths)})" if paths else ""


def _print_copies(cohort: str, copies: Deidentified, key_file: Path | None) -> None:
    """Say what to look at, what was left out and where the key is; name no original file."""
    if copies.look_at:
        listed = some([Path(copied.clip).name for copied in copies.look_at])
        note(
            "Look at these copies, as some text may be left: "
            f"{len(copies.look_at)} ({listed}); 'lusscore check {cohort} --preview copies.png' "
            "shows them."
        )
    if copies.left_out:
        print_table(
            f"Not copied, and not in the cohort: {len(copies.left_out)}",
            ("pseudonym in the key file", "why"),
            copies.left_out,
        )
        note(f"Their file names are in {key_file}, column 'original'.")
    if copies.unused:
        note(
            f"Copies of an earlier import that are no longer used: {len(copies.unused)} "
            f"({some(copies.unused)}). Delete them where they must not be kept."
        )
    note(f"The key is {key_file}: keep it apart from the cohort, and keep it.")
