"""``lusscore score``."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lusscore.cli.bundle_options import expect_option, model_option
from lusscore.cli.exam_folder import prepare_folder, write_exam
from lusscore.cli.places import results_dir_option
from lusscore.console import note, print_table, progress, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from lusscore.bundle.bundle import Bundle
    from lusscore.scoring.scored import ScoredClip, ScoredExam


@click.command("score")
@click.argument("exam", nargs=-1, required=True, type=click.Path(path_type=Path))
@model_option
@expect_option
@click.option(
    "--zones",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="A table with the columns clip and zone, before what names and DICOM headers tell.",
)
@click.option("--name", default="", help="What the exam is called in its report.")
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder for report.html, exam.json, clips.csv and zones.csv.  [default: "
    "<results-dir>/exams/<by clips and scorer>]",
)
@click.option(
    "--names", is_flag=True, help="Write file names into the report; they may be those of people."
)
@click.option("--threads", type=click.IntRange(1), default=None, help="CPU threads.")
@click.option("--open/--no-open", "open_report", default=False, help="Show the report.")
@click.option("--json", "as_json", is_flag=True, help="Print exam.json.")
@results_dir_option
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
    global score with the bounds that missing zones leave. Clips that the scorer should not be
    believed on are marked for review. The report shows which part of the image speaks for each
    score. Zones are told by a table, file names, folders or DICOM headers (docs/exam-input.md).

    Clips are called by number: names of files appear on this terminal alone, unless --names is
    given. Clips that cannot be read are listed, and the exit code is then 1.

    Research use only: this is not a medical device.
    """
    from lusscore.bundle.builtin import find_bundle
    from lusscore.bundle.read import read_bundle
    from lusscore.report.exam import exam_page
    from lusscore.scoring import Scorer, exam_csv, exam_json, zones_csv
    from lusscore.scoring.exam_input import find_exam

    bundle = read_bundle(find_bundle(model, results_dir / "bundles"), expect)
    found = find_exam(exam, bundle.zones(), table=zones)
    if output is not None:
        prepare_folder(output)
    with Scorer(bundle, threads=threads) as scorer, progress() as bars:
        scored = scorer.score(found.clips, name=name, progress=_bar(bars))
    scored = replace(scored, notes=(*found.notes, *scored.notes))
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    document = json.dumps(exam_json(scored, bundle, created=now, names=names), indent=1)
    folder = output or results_dir / "exams" / _folder_name(scored, bundle)
    write_exam(
        folder,
        {
            "exam.json": document + "\n",
            "clips.csv": exam_csv(scored, bundle),
            "zones.csv": zones_csv(scored, bundle),
            "report.html": exam_page(scored, bundle, created=now, show_names=names),
        },
    )
    for sentence in scored.notes:
        note(f"Note: {sentence}")
    if found.ignored:
        note(f"Not scored, as no clips: {', '.join(map(_printable, found.ignored))}")
    if as_json:
        say(document)
    else:
        _print(scored)
        say(f"Scorer: {bundle.name} {bundle.digest[:12]}. Research use only.")
        say(f"Report: {folder / 'report.html'}")
    if open_report:
        click.launch((folder / "report.html").resolve().as_uri())
    if any(clip.reading is None for clip in scored.clips):
        sys.exit(1)


def _bar(bars: Progress) -> Callable[[int, int], None]:
    task = bars.add_task("Scoring", total=None, unit="frames")

    def update(done: int, total: int) -> None:
        # set by update() a total forgets the rate, and this one is an estimate that changes often
        bars.tasks[-1].total = total
        bars.update(task, completed=done)

    return update


def _folder_name(exam: ScoredExam, bundle: Bundle) -> str:
    """Name an exam's folder by clips and scorer: names of files may be those of people."""
    digests = "".join([*sorted(clip.digest for clip in exam.clips), bundle.digest])
    return f"exam-{hashlib.sha256(digests.encode()).hexdigest()[:12]}"


def _print(exam: ScoredExam) -> None:
    """Print clips, zones and the global score."""
    print_table(
        "Clips",
        ("clip", "file", "zone", ">score", ">probability", ">distance", "review"),
        [_clip_row(clip) for clip in exam.clips],
    )
    if exam.zones:
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
    if not exam.zones:
        say(f"Global score: none, as no zone of {exam.protocol} has a score")
        return
    span = f", {exam.lowest} to {exam.highest} with the zones that are missing"
    say(
        f"Global score: {exam.total} of {exam.maximum} ({len(exam.zones)} of "
        f"{exam.zones_of_protocol} zones scored{span if exam.highest > exam.lowest else ''})"
    )


def _clip_row(clip: ScoredClip) -> tuple[str, ...]:
    file, zone, reading = _printable(clip.clip.path.name), clip.clip.zone or "?", clip.reading
    if reading is None:
        return str(clip.number), file, zone, "–", "", "", f"not scored: {clip.error}"
    return (
        str(clip.number),
        file,
        zone,
        str(reading.score),
        f"{reading.confidence:.2f}",
        f"{reading.distance:.2f}",
        _in_short(reading.review),
    )


def _in_short(sentences: Sequence[str]) -> str:
    """Name doubts in a few words; the report has the sentences whole."""
    short = (re.sub(r"^Clip \d+: ", "", sentence).partition(":")[0] for sentence in sentences)
    return "; ".join(dict.fromkeys(words.rstrip(".") for words in short))


def _printable(name: str) -> str:
    """Show a file's name without what a terminal would obey, or cannot show."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
