"""``lusscore train``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.cli.cv import given
from lusscore.cli.head_settings import HeadsCommand, read_settings
from lusscore.console import note, say
from lusscore.errors import RunError

_HEADINGS = {
    "from_run": "By a run of 'lusscore cv'",
    "head": "Or by these settings, cross-validated first",
    "name": "The model",
    "data_dir": "Folders",
}


@click.command("train", cls=HeadsCommand, headings=_HEADINGS)
@options.cohort
@click.option(
    "--from-run", metavar="RUN", default=None,
    help="A run of this cohort, by name or folder: its model is trained with its settings, and "
    "its held-out predictions calibrate and describe the model.",
)  # fmt: skip
@click.option(
    "--model", metavar="NAME", default=None,
    help="Which model of the run, by name or a part of it.  [default: what it chose inside the "
    "folds, else the recommended head, else its first]",
)  # fmt: skip
@options.backbone(
    "Feature file to use, of which one head sees all; with --from-run, where an ONNX file of the "
    "run lies; may be repeated.  [default: all that the cohort, or the run, has]"
)
@click.option(
    "--head", metavar="NAME", default="recommended", show_default=True, help="One of those below."
)
@options.head_settings
@click.option(
    "--levels", metavar="LEVELS", default="embedding", show_default=True,
    help="Input of the head: embedding, or layers that the card keeps, as 32.top+32.bottom.",
)  # fmt: skip
@click.option(
    "--folds", type=click.IntRange(2), default=5, show_default=True, help="Folds, split by patient."
)
@click.option("--name", default=None, help="Of the model.  [default: the cohort's]")
@click.option(
    "--output", type=click.Path(path_type=Path), default=None,
    help="Folder, or file ending in .zip.  [default: <results-dir>/bundles/<name>]",
)  # fmt: skip
@click.option(
    "--coverage", type=click.FloatRange(0, 1, min_open=True), default=0.8, show_default=True,
    help="Share of held-out clips not marked for review for low confidence.",
)  # fmt: skip
@options.jobs
@click.option("--overwrite", is_flag=True, help="Replace the model of that name.")
@options.as_json
@options.data_dir
@options.features_dir
@options.results_dir
@options.weights_dir
def command(
    cohort: str,
    from_run: str | None,
    model: str | None,
    backbones: tuple[str, ...],
    head: str,
    assignments: tuple[str, ...],
    levels: str,
    folds: int,
    name: str | None,
    output: Path | None,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    results_dir: Path,
    weights_dir: Path | None,
    **settings: Any,
) -> None:
    """Train a model on all labelled patients of a COHORT and keep it as a bundle.

    The bundle has all that 'lusscore score' and 'lusscore serve' need: heads, networks, settings,
    calibration, and a model card with the results of cross-validation. Probabilities are
    calibrated, and the thresholds for review set, on held-out patients. A bundle holds no code,
    and its checksums are verified whenever it is read.
    """
    found = ls.read_cohort(cohort, data_dir=data_dir, check_files=False)
    name = found.name if name is None else name
    if from_run is not None:
        decided = given("head", "assignments", "levels", "folds")
        if decided:
            raise click.UsageError(f"--from-run decides that; leave out {decided[0]}.")
        run_folder = _find_run(from_run, found, results_dir)

    from lusscore.models import bundle_place

    output = bundle_place(name, results_dir / "bundles", output, overwrite=settings["overwrite"])
    places: dict[str, Any] = {"features_dir": features_dir, "weights_dir": weights_dir}
    if from_run is not None:
        run = ls.read_run(run_folder)
        features = ls.read_features(found, _run_backbones(run, backbones), **places)
    else:
        features = ls.read_features(found, backbones, **places)
        run = ls.cross_validate(
            features,
            read_settings((head,), assignments),
            folds=folds,
            levels=(levels,),
            combine=("concatenate",) if len(features) > 1 else (),
            jobs=settings["jobs"],
            results_dir=results_dir,
        )
        # the head on all backbones
        model = model or run.metrics["models"][-1]
    trained = ls.train(
        run,
        model=model,
        features=features,
        name=name,
        output=output,
        results_dir=results_dir,
        **settings,
    )
    if run.skipped:
        note(f"Note: {run.skipped} clips have no embeddings; the report of the run lists them.")
    _report(trained, run, as_json)
    if run.skipped:
        sys.exit(1)


def _find_run(text: str, cohort: ls.Cohort, results_dir: Path) -> Path:
    """Return the folder of a run, named as one of the cohort's or by its path."""
    for folder in (results_dir / cohort.name / text, Path(text)):
        if folder.is_dir():
            return folder
    runs = sorted(path.parent.name for path in results_dir.glob(f"{cohort.name}/*/config.toml"))
    raise RunError(
        f"No run {text!r} of {cohort.name}, neither in {results_dir / cohort.name} nor as a path; "
        f"there are {', '.join(runs) or 'none'}. 'lusscore cv {cohort.name}' makes one."
    )


def _run_backbones(run: ls.Run, named: Sequence[str]) -> list[str]:
    """Name the backbones of a run; `named` says where ONNX files lie that were moved."""
    from lusscore.backbones import get_backbone

    files = {get_backbone(name).name: name for name in named}
    names = [one.name for one in run.config.backbones]
    foreign = [name for name in files if name not in names]
    if foreign:
        raise RunError(
            f"The run has no backbone {foreign[0]}; it has {', '.join(names) or 'none'}, and all "
            "of them are taken without being named, but for ONNX files."
        )
    return [files.get(name, name) for name in names]


def _report(trained: ls.Model, run: ls.Run, as_json: bool) -> None:
    from lusscore.models import bundle_facts

    bundle, path = trained.bundle, trained.path
    if as_json:
        facts = bundle_facts(bundle) | {
            "path": str(path),
            "run": str(run.folder),
            "model": trained.chosen,
            "verdict": trained.verdict,
        }
        say(json.dumps(facts, indent=1))
        return
    say(f"Bundle: {path}")
    say(f"Digest: {bundle.digest}")
    say(f"Model: {trained.chosen}")
    say(trained.verdict)
    say(
        f"Marked for review: scores with a probability below {bundle.least_confidence:.2f}, as "
        f"{1 - bundle.coverage:.0%} of held-out clips have"
    )
    say(f"Cross-validation behind it: {run.report}")
    # quoted as shells of all systems understand it
    shown = f'"{path}"' if " " in str(path) else path
    say(f"Score an exam with it: lusscore score EXAM --model {shown}")
