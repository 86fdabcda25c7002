"""Cross-validating an experiment into a run folder, for the commands that do."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lusscore.console import counter, note

if TYPE_CHECKING:
    from lusscore.evaluation.experiment import Experiment, Outcome


def make_run(
    experiment: Experiment,
    features_dir: Path,
    folder: Path,
    *,
    title: str,
    jobs: int,
    overwrite: bool,
    weights_dir: Path | None = None,
) -> Outcome:
    """Measure, write the run and its report whole or not at all, and tell its notes.

    A run that was made with these settings from these very inputs is not made again.

    Parameters
    ----------
    experiment
        What is measured.
    features_dir
        Folder of all feature files.
    folder
        Of the run, by whose name it goes.
    title
        Of the progress bar.
    jobs
        Heads trained at once.
    overwrite
        Whether a run that is there may be replaced.
    weights_dir
        See :func:`lusscore.evaluation.dataset.load_cohort`.
    """
    from lusscore.evaluation.experiment import finished_run, run_experiment
    from lusscore.evaluation.run import new_run
    from lusscore.report import write_report

    inputs = experiment.inputs_digest(features_dir, weights_dir)
    finished = finished_run(folder, inputs)
    if finished is not None:
        note(f"{folder} is up to date: it was made with these settings from these very inputs.")
        return finished
    with new_run(folder, overwrite=overwrite) as building:
        with counter(title, "heads") as update:
            outcome = run_experiment(
                experiment,
                features_dir,
                building,
                name=folder.name,
                command=shlex.join(["lusscore", *sys.argv[1:]]),
                inputs=inputs,
                weights_dir=weights_dir,
                jobs=jobs,
                progress=update,
            )
        write_report(building)
    for sentence in outcome.notes:
        note(f"Note: {sentence}")
    return outcome
