"""What the options of ``lusscore train`` mean together."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

import lusscore as ls
from lusscore.errors import RunError

_OF_RUN = ("head", "assignments", "levels", "clip_rule", "zone_rule", "folds", "seed")


def refuse_settings() -> None:
    """Refuse options that a run decides."""
    context = click.get_current_context()
    for name in _OF_RUN:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = next(one.opts[0] for one in context.command.params if one.name == name)
            raise click.UsageError(f"--from-run decides that; leave out {option}.")


def find_run(text: str, cohort: ls.Cohort, results_dir: Path) -> Path:
    """Return the folder of a run, named as one of the cohort's or by its path.

    Raises
    ------
    RunError
        If there is none; the cohort's are listed.
    """
    from lusscore.evaluation import CONFIG_NAME

    for folder in (results_dir / cohort.name / text, Path(text)):
        if folder.is_dir():
            return folder
    there = sorted(path.parent.name for path in results_dir.glob(f"{cohort.name}/*/{CONFIG_NAME}"))
    raise RunError(
        f"No run {text!r} of {cohort.name}, neither in {results_dir / cohort.name} nor as a path; "
        f"there are {', '.join(there) or 'none'}. 'lusscore cv {cohort.name}' makes one."
    )


def run_backbones(run: ls.Run, named: tuple[str, ...]) -> list[str]:
    """Name the backbones of a run; `named` says where ONNX files lie that are no longer there.

    Raises
    ------
    RunError
        If the run has none of that name.
    BackboneError
        If what was given is no backbone.
    """
    from lusscore.backbones import get_backbone

    given = {get_backbone(name).name: name for name in named}
    names = [one.name for one in run.config.backbones]
    foreign = [name for name in given if name not in names]
    if foreign:
        raise RunError(
            f"The run has no backbone {foreign[0]}; it has {', '.join(names) or 'none'}, and all "
            "of them are taken without being named, but for ONNX files."
        )
    return [given.get(name, name) for name in names]
