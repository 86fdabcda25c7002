"""What the options of ``lusscore train`` mean together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from lusscore.errors import BundleError, RunError

if TYPE_CHECKING:
    from lusscore.backbones import BackboneSpec
    from lusscore.cohort import Cohort

_OF_RUN = ("head", "assignments", "levels", "clip_rule", "zone_rule", "folds", "seed")


def refuse_settings() -> None:
    """Refuse options that a run decides."""
    context = click.get_current_context()
    for name in _OF_RUN:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = next(one.opts[0] for one in context.command.params if one.name == name)
            raise click.UsageError(f"--from-run decides that; leave out {option}.")


def check_bundle_name(name: str) -> str:
    """Return a bundle's name, by which its folder goes.

    Raises
    ------
    BundleError
        If it could name another place than one folder beside the other bundles.
    """
    from lusscore.evaluation.run import check_run_name

    try:
        return check_run_name(name)
    except RunError:
        raise BundleError(
            f"--name {name!r} is not allowed; expected up to 100 letters, digits, '.', '-' and "
            "'_', beginning with a letter or digit and not ending with '.', since the bundle goes "
            "by it. Where it lies is said with --output."
        ) from None


def find_run(text: str, cohort: Cohort, results_dir: Path) -> Path:
    """Return the folder of a run, named as one of the cohort's or by its path.

    Raises
    ------
    RunError
        If there is none; the cohort's are listed.
    """
    from lusscore.evaluation.run_config import CONFIG_NAME

    for folder in (results_dir / cohort.name / text, Path(text)):
        if folder.is_dir():
            return folder
    there = sorted(path.parent.name for path in results_dir.glob(f"{cohort.name}/*/{CONFIG_NAME}"))
    raise RunError(
        f"No run {text!r} of {cohort.name}, neither in {results_dir / cohort.name} nor as a path; "
        f"there are {', '.join(there) or 'none'}. 'lusscore cv {cohort.name}' makes one."
    )


def run_backbones(
    config: Mapping[str, Any], named: tuple[str, ...], features_dir: Path, cohort: Cohort
) -> dict[str, BackboneSpec]:
    """Find the backbones of a run by name.

    Parameters
    ----------
    config
        The run's.
    named
        What ``--backbone`` gave: where ONNX files lie that are no longer where they were.
    features_dir, cohort
        Whose feature files tell of ONNX networks.

    Raises
    ------
    RunError
        If the run has none of that name.
    BackboneError
        If what was given is no backbone, or one of the run is found by no name.
    """
    from lusscore.backbones import get_backbone
    from lusscore.features import find_backbone

    given = {spec.name: spec for spec in map(get_backbone, named)}
    names = [one["name"] for one in config.get("backbones", [])]
    foreign = [name for name in given if name not in names]
    if foreign:
        raise RunError(
            f"The run has no backbone {foreign[0]}; it has {', '.join(names) or 'none'}, and all "
            "of them are taken without being named, but for ONNX files."
        )
    return {name: given.get(name) or find_backbone(name, features_dir, (cohort,)) for name in names}
