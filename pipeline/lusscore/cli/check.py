"""``lusscore check``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import lusscore as ls
from lusscore.cli.places import cohort_argument, data_dir_option, features_dir_option
from lusscore.console import print_table, progress, say
from lusscore.files import write_text
from lusscore.wording import plural

if TYPE_CHECKING:
    from lusscore.checks import Agreement, Finding, Verdict
    from lusscore.cohort import Cohort

_PLACES_SHOWN = 3
_SAME_SHOWN = 40
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("check")
@cohort_argument
@click.option("--quick", is_flag=True, help="Read card, manifest and headers; decode no clip.")
@click.option("--json", "as_json", is_flag=True, help="Print summary, findings and agreement.")
@click.option("--html", type=_FILE, metavar="FILE", help="Write a page with pictures of clips.")
@click.option(
    "--names", is_flag=True, help="Write file names into the page; they may be those of people."
)
@click.option("--report", is_flag=True, help="The same as --html <cohort>/check.html.")
@click.option("--open", "open_page", is_flag=True, help="Write the page and show it.")
@click.option(
    "--preview", type=_FILE, metavar="FILE",
    help="Draw the sector and text found in every clip on contact sheets (PNG, 60 clips each). "
    "Names burned into the clips are visible on them.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="End with code 1 if there are warnings.")
@data_dir_option
@features_dir_option
def command(
    cohort: str,
    quick: bool,
    as_json: bool,
    html: Path | None,
    names: bool,
    report: bool,
    open_page: bool,
    preview: Path | None,
    strict: bool,
    data_dir: Path,
    features_dir: Path,
) -> None:
    """Say what is wrong with a COHORT before anything is computed, and what is in it.

    Checks card and manifest, labels and their balance, groups, devices and patients; reads every
    clip and looks for recordings that are there twice, above all in two patients, for text that
    is burned in, for fields that say who the patient is, and for frames that show nothing.

    Clips are decoded twice; digests, frame counts and sectors are remembered for 'lusscore
    features'. Exit codes: 0 no errors; 1 warnings and --strict; 2 errors.
    """
    from lusscore.checks import check_cohort, render_page, write_preview

    folder = _folder(cohort, data_dir)
    if html is None and (report or open_page):
        html = folder / "check.html"
    if quick and preview is not None:
        raise click.UsageError("--preview shows frames, which --quick does not decode.")

    def read(check_files: bool) -> Cohort:
        return ls.read_cohort(cohort, data_dir=data_dir, check_files=check_files)

    with progress() as bars:
        counting = bars.add_task("Reading clips", total=None, unit="clips", visible=not quick)
        looking = bars.add_task("Looking at clips", total=None, unit="clips")
        verdict = check_cohort(
            folder.name,
            read,
            None if quick else features_dir,
            pictures=html is not None or preview is not None,
            counting=lambda done, total: bars.update(counting, completed=done, total=total),
            looking=lambda done, total: bars.update(looking, completed=done, total=total),
        )
    # Files come last: one that cannot be written must not cost what was found
    if as_json:
        say(json.dumps(verdict.as_json(), indent=2))
    else:
        _tell(verdict)
    written = []
    if html is not None:
        write_text(html, render_page(verdict, names=names))
        written.append(html)
    if preview is not None and verdict.inspection is not None:
        written += write_preview(verdict.inspection, preview)
    for path in written if not as_json else ():
        say(f"Written: {path}")
    if open_page and html is not None:
        click.launch(html.resolve().as_uri())
    if verdict.count("error"):
        sys.exit(2)
    if strict and verdict.count("warning"):
        sys.exit(1)


def _folder(cohort: str, data_dir: Path) -> Path:
    from lusscore.cohort import CARD_NAME

    folder = Path(cohort) if (Path(cohort) / CARD_NAME).is_file() else data_dir / cohort
    return folder.resolve()


def _tell(verdict: Verdict) -> None:
    """Print what is in the cohort, then findings by level, gravest last where the eye ends."""
    from lusscore.checks import LEVELS

    if verdict.summary:
        rows = [
            (key.replace("_", " "), _told(value))
            for key, value in verdict.summary.items()
            if key != "cohort"
        ]
        print_table(f"Cohort {verdict.name}", ("what", "value"), rows)
    _tell_agreement(verdict.agreement)
    for level in reversed(LEVELS):
        found = [finding for finding in verdict.findings if finding.level == level]
        if found:
            print_table(
                f"{plural(len(found), level)}",
                ("finding", "what it is, what to do, and where"),
                [_row(finding) for finding in _shortened(found)],
            )
    counts = ", ".join(plural(verdict.count(level), level) for level in LEVELS)
    valid = "" if verdict.count("error") else "card and manifest are valid; "
    say(f"{verdict.name}: {valid}{counts}.")


def _tell_agreement(agreement: Agreement) -> None:
    from lusscore.checks import shared_amount

    if not agreement.pairs:
        return
    by_frames = agreement.fleiss_frames is not None
    rows = [
        (
            " and ".join(pair.raters),
            f"{pair.segments if pair.frames is None else pair.frames:,}",
            f"{100 * pair.same:.0f} %",
            _kappa(pair.quadratic_kappa),
        )
        for pair in agreement.pairs
    ]
    counted = ">frames" if by_frames else ">segments"
    print_table("Agreement of raters", ("raters", counted, ">same score", ">quadratic kappa"), rows)
    amount = shared_amount(agreement.fleiss_segments, agreement.fleiss_frames)
    say(
        f"Fleiss' kappa of all {len(agreement.raters)} raters over the {amount} that each scored: "
        f"{_kappa(agreement.fleiss_kappa)}."
    )
    if not by_frames:
        say("Clips were not decoded, so each segment counts once, however long.")


def _kappa(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"


def _shortened(findings: list[Finding]) -> list[Finding]:
    """Keep the first of very many findings of one kind; JSON has them all."""
    from lusscore.checks import Finding

    kept, seen = [], dict[str, int]()
    for finding in findings:
        seen[finding.code] = seen.get(finding.code, 0) + 1
        if seen[finding.code] <= _SAME_SHOWN:
            kept.append(finding)
    for code, count in seen.items():
        if count > _SAME_SHOWN:
            told = f"and {count - _SAME_SHOWN:,} more of this kind; --json lists all"
            kept.append(Finding(findings[0].level, code, told))
    return kept


def _row(finding: Finding) -> tuple[str, str]:
    """Return code and text: below each other, so that 80 columns are enough to read it."""
    lines = [finding.what, *([f"To do: {finding.advice}"] if finding.advice else [])]
    lines += [f"- {place}" for place in finding.places[:_PLACES_SHOWN]]
    if len(finding.places) > _PLACES_SHOWN:
        lines.append(f"- and {len(finding.places) - _PLACES_SHOWN:,} more")
    return finding.code, "\n".join(lines)


def _told(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {number}" for key, number in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
