"""``lusscore score``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.console import note, print_table, say

if TYPE_CHECKING:
    from lusscore.scoring import ScoredClip, ScoredExam


@click.command("score")
@click.argument("exam", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@options.model
@options.expect
@click.option(
    "--zones", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
    help="A table with the columns clip and zone, instead of file names and DICOM headers.",
)  # fmt: skip
@click.option("--name", default="", help="What the exam is called in its report.")
@click.option(
    "--output", "-o", type=click.Path(file_okay=False, path_type=Path), default=None,
    help="Folder for report.html, exam.json, clips.csv and zones.csv.  [default: "
    "<results-dir>/exams/<by clips and model>]",
)  # fmt: skip
@click.option(
    "--names", is_flag=True, help="Write file names into the report; they may hold patients' names."
)
@options.max_megapixels
@click.option("--threads", type=click.IntRange(1), default=None, help="CPU threads.")
@options.open_report
@options.as_json
@options.results_dir
def command(
    exam: tuple[Path, ...],
    model: str,
    expect: str | None,
    zones: Path | None,
    name: str,
    output: Path | None,
    names: bool,
    threads: int | None,
    open_report: bool,
    as_json: bool,
    results_dir: Path,
) -> None:
    """Score one EXAM: a folder, or clips, of one patient's visit.

    Every clip and zone gets a score from 0 to 3 with calibrated probabilities, and the exam its
    global score with the bounds that missing zones leave. Clips that a person should look at are
    marked for review. The report shows the evidence for each score as a saliency map. Zones come
    from a table, file names, folders or DICOM headers (docs/exam-input.md).

    Clips go by number: file names appear on this terminal alone, unless --names is given. Clips
    that cannot be read are listed, and the exit code is then 1.

    Research use only: this is not a medical device.
    """
    from lusscore.scoring import prepare_folder

    if output is not None:
        prepare_folder(output)
    with ls.load_model(model, expect=expect, threads=threads, results_dir=results_dir) as loaded:
        scored = loaded.score(exam, zones=zones, name=name)
    report = scored.write_report(output, names=names, results_dir=results_dir)
    for sentence in scored.notes:
        note(f"Note: {sentence}")
    if scored.ignored:
        note(f"Not scored, as no clips: {', '.join(map(_printable, scored.ignored))}")
    if as_json:
        say(json.dumps(scored.to_dict(names=names), indent=1))
    else:
        _print(scored.scored)
        say(f"Model: {loaded.bundle.name} {loaded.bundle.digest[:12]}. Research use only.")
        say(f"Report: {report}")
    if open_report:
        click.launch(report.resolve().as_uri())
    if any(clip.error for clip in scored.clips):
        sys.exit(1)


def _print(exam: ScoredExam) -> None:
    """Print clips, zones and the global score."""
    print_table(
        "Clips",
        ("clip", "file", "zone", ">score", ">probability", ">OOD score", "review"),
        [_clip_row(clip) for clip in exam.clips],
    )
    if not exam.zones:
        say(f"Global score: none, as no zone of {exam.protocol} has a score")
        return
    print_table(
        f"Zones of {exam.protocol}",
        ("zone", ">score", ">probability", "review"),
        [
            (
                zone.zone,
                str(zone.score),
                f"{zone.probabilities[zone.score]:.2f}",
                _in_short(zone.review),
            )
            for zone in exam.zones
        ],
    )
    bounds = f", {exam.lowest} to {exam.highest} with the missing zones"
    say(
        f"Global score: {exam.total} of {exam.maximum} ({len(exam.zones)} of "
        f"{exam.zones_of_protocol} zones scored{bounds if exam.highest > exam.lowest else ''})"
    )


def _clip_row(clip: ScoredClip) -> tuple[str, ...]:
    begin = str(clip.number), _printable(clip.clip.path.name), clip.clip.zone or "?"
    prediction = clip.prediction
    if prediction is None:
        why = f"not scored: {clip.error}" if clip.error else _in_short([clip.unscored])
        return *begin, "–", "", "", why
    return (
        *begin,
        str(prediction.score),
        f"{prediction.confidence:.2f}",
        f"{prediction.ood_score:.2f}",
        _in_short(prediction.review),
    )


def _in_short(sentences: Sequence[str]) -> str:
    """Name warnings in a few words; the report has the whole sentences."""
    short = (re.sub(r"^Clip \d+: ", "", sentence).partition(":")[0] for sentence in sentences)
    return "; ".join(dict.fromkeys(words.rstrip(".") for words in short))


def _printable(name: str) -> str:
    """Show a file's name without what a terminal would obey, or cannot show."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
