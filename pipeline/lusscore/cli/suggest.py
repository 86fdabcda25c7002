"""``lusscore suggest``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.cli.head_settings import HeadsCommand, read_settings
from lusscore.console import note, print_table, say

if TYPE_CHECKING:
    from lusscore.cohort import Cohort
    from lusscore.evaluation import HeadChoice
    from lusscore.labelling import Pool, Suggestion

_HEADINGS = {
    "count": "What is suggested",
    "backbone": "The model",
    "table": "Result",
    "record": "Saving labels",
    "data_dir": "Folders",
}
_FILE = click.Path(dir_okay=False, path_type=Path)
_SEGMENT = ("clip", "patient", "exam", "zone", "frame_start", "frame_end")
_PREDICTION = ("predicted", "probabilities", "uncertainty", "stands_for")
_OUTCOMES = {
    "label": "new",
    "correction": "corrected",
    "opinion": "saved as second ratings",
    "unchanged": "unchanged",
}


@click.command("suggest", cls=HeadsCommand, headings=_HEADINGS)
@options.cohort
@click.option(
    "--count", type=click.IntRange(1), default=20, show_default=True, help="Clips to suggest."
)
@click.option(
    "--per-patient", type=click.IntRange(1), default=2, show_default=True,
    help="At most so many of one patient, unless too few patients are left.",
)  # fmt: skip
@options.seed
@click.option(
    "--backbone", "-b", metavar="NAME", default=None,
    help="Feature file to use.  [default: the first that the cohort has]",
)  # fmt: skip
@click.option(
    "--levels", default="embedding", show_default=True,
    help="Input: embedding, or layers that the cohort's card keeps.",
)  # fmt: skip
@click.option(
    "--head", default="logistic", show_default=True,
    help="Head to train on the labels so far, listed below; on whole clips and with C=0.01 where "
    "it has these settings.",
)  # fmt: skip
@options.head_settings
@click.option(
    "--csv", "table", type=_FILE, metavar="FILE",
    help="Write a table with an empty column 'score' for a rater to fill in.",
)  # fmt: skip
@options.as_json
@click.option(
    "--record", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Instead, save the scores of such a table in the cohort.",
)  # fmt: skip
@click.option("--rater", default=None, help="Who filled it in.")
@options.data_dir
@options.features_dir
@options.weights_dir
def command(
    cohort: str,
    count: int,
    per_patient: int,
    seed: int,
    backbone: str | None,
    levels: str,
    head: str,
    assignments: tuple[str, ...],
    table: Path | None,
    as_json: bool,
    record: Path | None,
    rater: str | None,
    data_dir: Path,
    features_dir: Path,
    weights_dir: Path | None,
) -> None:
    """List the unlabelled clips of a COHORT whose labels would help most.

    A head trained on the labels so far is uncertain about them; they differ from each other and
    from the labelled clips, and they are of many patients. Without labels, clips are chosen by
    their embeddings alone, which 'lusscore features' computes.

    \b
      lusscore suggest ward-7 --csv next.csv         then fill in the column score
      lusscore suggest ward-7 --record next.csv --rater anna
    """
    if (record is None) != (rater is None):
        raise click.UsageError("--record and --rater belong together: a label has a rater.")
    found = ls.read_cohort(cohort, data_dir=data_dir, check_files=False)
    if record is not None and rater is not None:
        _record(found, record, rater)
        return

    from lusscore.evaluation import parse_levels
    from lusscore.labelling import load_pool, suggest_clips, write_suggestions

    spec = ls.read_features(found, backbone or (), features_dir=features_dir)[0].spec
    pool = load_pool(found, spec, features_dir, parse_levels(levels), weights_dir)
    suggestions = suggest_clips(
        pool, count=count, per_patient=per_patient, head=_choose(head, assignments), seed=seed
    )
    if as_json:
        say(json.dumps(_document(found, pool, suggestions), indent=2))
    else:
        _print(found, pool, suggestions)
    if table is not None:
        write_suggestions(table, suggestions)
        if not as_json:
            say(f"Written: {table}")
    if pool.left_out:
        note(
            f"Note: {len(pool.left_out)} clips have no embeddings and are not listed; run "
            f"'lusscore features {found.name}', or see 'lusscore status'."
        )
        sys.exit(1)


def _choose(name: str, assignments: tuple[str, ...]) -> HeadChoice:
    from lusscore.evaluation import HeadChoice
    from lusscore.heads import head_defaults, make_head
    from lusscore.labelling import DEFAULT_HEAD

    given = read_settings((name,), assignments)[name]
    known = head_defaults(name)
    usual = {key: value for key, value in DEFAULT_HEAD.settings.items() if key in known}
    settings = {**usual, **given}
    make_head(name, **settings)  # refuses values out of range before embeddings are read
    return HeadChoice(name, settings)


def _print(cohort: Cohort, pool: Pool, suggestions: tuple[Suggestion, ...]) -> None:
    labelled = int((pool.scores >= 0).sum())
    total = len(pool.segments)
    if not suggestions:
        say(f"{cohort.name}: all {total:,} clips that have embeddings are labelled.")
        return
    print_table(
        f"Label next in {cohort.name}: {labelled:,} of {total:,} are labelled",
        (">rank", "clip", "patient", "zone", ">prediction", ">uncertainty", "why"),
        [
            (
                str(one.rank),
                one.segment.clip + _frames(one),
                one.segment.patient,
                one.segment.zone,
                "–" if one.predicted is None else str(one.predicted),
                "–" if one.uncertainty is None else f"{100 * one.uncertainty:.0f} %",
                one.reason,
            )
            for one in suggestions
        ],
    )
    if suggestions[0].probabilities is None:
        say("Too few labels to train on: clips were chosen by appearance alone.")


def _frames(one: Suggestion) -> str:
    start, end = one.segment.frame_start, one.segment.frame_end
    if start == 0 and end is None:
        return ""
    return f" [{start}–{'' if end is None else end - 1}]"


def _document(cohort: Cohort, pool: Pool, suggestions: tuple[Suggestion, ...]) -> dict[str, Any]:
    return {
        "cohort": cohort.name,
        "backbone": pool.features.name,
        "labelled": int((pool.scores >= 0).sum()),
        "unlabelled": int((pool.scores < 0).sum()),
        "suggestions": [
            {
                "rank": one.rank,
                **{key: getattr(one.segment, key) for key in _SEGMENT},
                **{key: getattr(one, key) for key in _PREDICTION},
                "first_of_patient": one.new_patient,
                "reason": one.reason,
            }
            for one in suggestions
        ],
        "left_out": pool.left_out,
    }


def _record(cohort: Cohort, record: Path, rater: str) -> None:
    from lusscore.labelling import record_table

    outcomes = Counter(str(one.outcome) for one in record_table(cohort.folder, record, rater))
    saved = ", ".join(f"{outcomes[key]} {what}" for key, what in _OUTCOMES.items() if outcomes[key])
    say(f"{cohort.name}: {saved or 'no score was filled in'}.")
