"""``lusscore verify``."""

from __future__ import annotations

import glob
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lusscore.cli.places import (
    backbone_option,
    data_dir_option,
    features_dir_option,
    find_cohort,
    weights_dir_option,
)
from lusscore.console import note, print_table, progress, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from lusscore.backbones import BackboneSpec
    from lusscore.features import FileReport, Prepared, Repair, VerifyWatcher, Watcher


@click.command("verify")
@click.argument("cohorts", nargs=-1)
@backbone_option("Verify files of this backbone only; to repair that of an ONNX file, its path.")
@click.option(
    "--repair", is_flag=True,
    help="Save what is sound, keep damaged files in aside/, and compute what was lost.",
)  # fmt: skip
@click.option("--engine", default="openvino", show_default=True, help="openvino or keras.")
@click.option("--device", default=None, help="The engine's device, e.g. CPU or GPU.")
@click.option("--threads", type=click.IntRange(1), help="CPU threads.  [default: all cores]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@features_dir_option
@weights_dir_option
def command(
    cohorts: tuple[str, ...],
    backbones: tuple[str, ...],
    repair: bool,
    engine: str,
    device: str | None,
    threads: int | None,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    weights_dir: Path | None,
) -> None:
    """Read all feature files of COHORTS and all their clips, and compare every checksum.

    Without COHORTS, of all that have a folder under --data-dir. Finds what is damaged or cut
    short, and clips that changed on disk or are gone, also where size and time are the same.
    Clips that are not computed yet are no damage.

    With --repair, embeddings that fit their checksum are kept and only what was lost is
    computed; it can be stopped at any moment and run again. Nothing is deleted: a damaged file
    is moved to aside/. The exit code is 0 if nothing is wrong, or all was repaired, and else 1.
    """
    from lusscore.features import EngineChoice, RepairChoice, repair_cohort, verify_cohort

    names = cohorts or sorted(path.parent.name for path in data_dir.glob("*/cohort.toml"))
    found = [find_cohort(name, data_dir, check_files=False) for name in names]
    specs = _specs(backbones, features_dir)
    choice = RepairChoice(
        {name: spec for name, spec in specs.items() if spec is not None},
        weights_dir,
        EngineChoice(engine, device, threads, features_dir / ".networks"),
    )
    wanted = tuple(specs)
    reports: list[FileReport] = []
    repairs: list[Repair] = []
    try:
        for cohort in found:
            with progress() as bars:
                if repair:
                    repairs += repair_cohort(
                        cohort,
                        features_dir,
                        wanted,
                        choice=choice,
                        verifying=_watch(bars, cohort.name),
                        watcher=_watch_computing(bars),
                    )
                else:
                    reports += verify_cohort(
                        cohort, features_dir, wanted, watcher=_watch(bars, cohort.name)
                    )
    except KeyboardInterrupt:
        note("Stopped; nothing is lost. To go on, run the same command again.")
        sys.exit(130)
    if repair:
        _tell_repairs(repairs, as_json)
        sys.exit(0 if all(one.mended for one in repairs) else 1)
    _tell_reports(reports, as_json)
    sys.exit(1 if any(report.findings for report in reports) else 0)


def _specs(backbones: Sequence[str], features_dir: Path) -> dict[str, BackboneSpec | None]:
    """Find each backbone a user names: its name as files have it, and how it is computed.

    A file of an ONNX backbone may be named without the ONNX file, which only repairing needs.
    """
    from lusscore.backbones import get_backbone
    from lusscore.errors import BackboneError

    specs: dict[str, BackboneSpec | None] = {}
    for name in backbones:
        try:
            spec = get_backbone(name)
        except BackboneError:
            if not any(features_dir.glob(f"*/{glob.escape(name)}.h5")):
                raise
            specs[name] = None
        else:
            specs[spec.name] = spec
    return specs


def _watch(bars: Progress, cohort: str) -> VerifyWatcher:
    """Drive the bars of reading."""
    from lusscore.features import VerifyWatcher

    clips = bars.add_task(f"{cohort}: reading clips", total=None, unit="clips")
    files = bars.add_task(f"{cohort}: reading embeddings", total=None, unit="MB")
    return VerifyWatcher(
        media=lambda done, total: bars.update(clips, completed=done, total=total),
        size=lambda done, total: bars.update(files, completed=done / 1e6, total=total / 1e6),
    )


def _watch_computing(bars: Progress) -> Watcher:
    """Drive the bars of computing."""
    from lusscore.features import Watcher

    tasks = {}

    def prepared(backbone: str, file: Prepared, frames: int) -> None:
        tasks[backbone] = bars.add_task(f"Computing {backbone}", total=frames, unit="frames")

    return Watcher(
        prepared=prepared,
        waiting=note,
        frames=lambda backbone, frames: bars.advance(tasks[backbone], frames),
    )


def _tell_reports(reports: Sequence[FileReport], as_json: bool) -> None:
    """Say of each file that it is fine; then list what is wrong with the others."""
    if as_json:
        say(json.dumps([_plain(report) for report in reports], indent=2))
        return
    _tell_fine(reports)
    rows = [
        (report.cohort, _file(report), finding.clip or "the file", finding.what)
        for report in reports
        for finding in report.findings
    ]
    if rows:
        print_table(f"{len(rows)} findings", ("cohort", "file", "clip", "what is wrong"), rows)
        note("To mend what can be mended: lusscore verify --repair")


def _tell_repairs(repairs: Sequence[Repair], as_json: bool) -> None:
    """Say of each file that it is fine; then list what was wrong and what became of it."""
    if as_json:
        rows = [
            _plain(repair.before)
            | {
                "mended": repair.mended,
                "left": repair.left,
                "kept_as": None if repair.kept_as is None else str(repair.kept_as),
                "saved": repair.saved,
                "computed": repair.computed,
            }
            for repair in repairs
        ]
        say(json.dumps(rows, indent=2))
        return
    _tell_fine([repair.before for repair in repairs])
    wrong = [repair for repair in repairs if repair.before.findings]
    if not wrong:
        return
    print_table(
        "What was wrong",
        ("cohort", "file", "clip", "what was wrong"),
        [
            (repair.before.cohort, _file(repair.before), finding.clip or "the file", finding.what)
            for repair in wrong
            for finding in repair.before.findings
        ],
    )
    for repair in wrong:
        say(f"{repair.before.cohort}/{_file(repair.before)}: {_done(repair)}")


def _done(repair: Repair) -> str:
    """Say what became of a file."""
    steps = []
    if repair.kept_as is not None:
        steps.append(f"{_clips(repair.saved)} saved")
    if not repair.before.aside:
        steps.append(f"{_clips(repair.computed)} computed")
    if repair.kept_as is not None:
        steps.append(f"the damaged file is kept as {repair.kept_as}")
    told = ", ".join(steps)
    if repair.mended:
        return f"repaired{': ' if told else ''}{told}."
    return f"not all repaired{': ' if told else ''}{told}. {repair.left}"


def _tell_fine(reports: Sequence[FileReport]) -> None:
    if not reports:
        say("No feature files yet; make one with 'lusscore features'.")
    for report in reports:
        if report.findings:
            continue
        told = [f"{_clips(report.clips)}, {report.size / 1e6:.1f} MB checked"] * bool(report.size)
        if report.unfinished:
            told.append(f"{_clips(report.unfinished)} unfinished")
        if report.unlisted:
            told.append(f"{_clips(report.unlisted)} no longer in the manifest")
        if report.note:
            told.append(report.note)
        fine = "fine: " if report.size else ""
        say(f"{report.cohort}/{_file(report)}: {fine}{'; '.join(told)}")


def _file(report: FileReport) -> str:
    """Name a file as a person would."""
    return f"aside/{report.path.name}" if report.aside else report.backbone


def _clips(count: int) -> str:
    return f"{count} clip{'' if count == 1 else 's'}"


def _plain(report: FileReport) -> dict[str, Any]:
    """Return a report as JSON has it."""
    rows = asdict(report) | {"path": str(report.path), "aside": report.aside}
    del rows["parts"]
    return rows
