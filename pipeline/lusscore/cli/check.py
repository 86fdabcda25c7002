"""``lusscore check``."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.console import print_table, progress, say
from lusscore.errors import CohortError
from lusscore.files import write_text
from lusscore.wording import plural

if TYPE_CHECKING:
    from lusscore.checks import Agreement, Finding, Verdict

_PLACES_SHOWN = 3
_SAME_SHOWN = 40
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("check")
@options.cohort
@click.option("--quick", is_flag=True, help="Read card, manifest and headers; decode no clip.")
@options.as_json
@click.option("--html", type=_FILE, metavar="FILE", help="Write a page with pictures of the clips.")
@click.option(
    "--names", is_flag=True, help="Write file names into the page; they may hold patients' names."
)
@click.option(
    "--open", "open_page", is_flag=True,
    help="Write the page, by default <cohort>/check.html, and show it.",
)  # fmt: skip
@click.option(
    "--preview", type=_FILE, metavar="FILE",
    help="Draw the sector and text found in every clip on contact sheets (PNG, 60 clips each); "
    "burned-in names stay visible.",
)  # fmt: skip
@options.max_megapixels
@click.option("--strict", is_flag=True, help="End with code 1 if there are warnings.")
@options.data_dir
@options.features_dir
def command(
    cohort: str,
    quick: bool,
    as_json: bool,
    html: Path | None,
    names: bool,
    open_page: bool,
    preview: Path | None,
    strict: bool,
    data_dir: Path,
    features_dir: Path,
) -> None:
    """Validate a COHORT before anything is computed, and describe it.

    Checks card and manifest, labels and their balance, groups, devices and patients; reads every
    clip and finds duplicate recordings, above all across patients, burned-in text, fields that
    identify a patient, and blank frames.

    Digests, frame counts and sectors are remembered for 'lusscore features'. Exit codes: 0 no
    errors; 1 warnings and --strict; 2 errors.
    """
    folder = _folder(cohort, data_dir)
    if html is None and open_page:
        html = folder / "check.html"
    if quick and preview is not None:
        raise click.UsageError("--preview shows frames, which --quick does not decode.")

    from lusscore.checks import check_cohort, render_page, write_preview

    def read(check_files: bool) -> ls.Cohort:
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
        _print(verdict)
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
    folder = Path(cohort) if (Path(cohort) / "cohort.toml").is_file() else data_dir / cohort
    if not folder.is_dir():
        raise CohortError("there is no cohort", path=folder, advice="'lusscore import' makes one")
    return folder.resolve()


def _print(verdict: Verdict) -> None:
    """Print what is in the cohort, then findings by level, the gravest last."""
    from lusscore.checks import LEVELS

    if verdict.summary:
        rows = [
            (key.replace("_", " "), _shown(value))
            for key, value in verdict.summary.items()
            if key != "cohort"
        ]
        print_table(f"Cohort {verdict.name}", ("what", "value"), rows)
    _print_agreement(verdict.agreement)
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


def _print_agreement(agreement: Agreement) -> None:
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

    by_code = defaultdict(list)
    for finding in findings:
        by_code[finding.code].append(finding)
    kept = [one for one in findings if one in by_code[one.code][:_SAME_SHOWN]]
    for code, same in by_code.items():
        if len(same) > _SAME_SHOWN:
            more = f"and {len(same) - _SAME_SHOWN:,} more of this kind; --json lists all"
            kept.append(Finding(findings[0].level, code, more))
    return kept


def _row(finding: Finding) -> tuple[str, str]:
    """Return code and text: below each other, so that 80 columns are enough to read it."""
    lines = [finding.what, *([f"To do: {finding.advice}"] if finding.advice else [])]
    lines += [f"- {place}" for place in finding.places[:_PLACES_SHOWN]]
    if len(finding.places) > _PLACES_SHOWN:
        lines.append(f"- and {len(finding.places) - _PLACES_SHOWN:,} more")
    return finding.code, "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {number}" for key, number in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
