"""What the options of ``lusscore cv`` mean together, and which do not go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from lusscore.cli.head_settings import PAPERS_HEAD, choose_grids, choose_heads

if TYPE_CHECKING:
    from lusscore.evaluation.models import HeadChoice
    from lusscore.evaluation.selection.choosing import Choosing

_FOR_CHOOSING = {"tries": "--try", "criterion": "--criterion", "inner_folds": "--inner-folds"}


def reported_heads(
    heads: tuple[str, ...],
    given: Mapping[str, Any],
    assignments: tuple[str, ...],
    ways: tuple[str, ...],
) -> tuple[HeadChoice, ...]:
    """Return the heads that are trained as they are: beside what is chosen, the paper's alone."""
    if not ways:
        return choose_heads(heads, given, assignments)
    return choose_heads((), given, ())


def choosing(
    heads: tuple[str, ...],
    given: Mapping[str, Any],
    assignments: tuple[str, ...],
    ways: tuple[str, ...],
    tries: tuple[str, ...],
    criterion: str,
    inner_folds: int,
) -> Choosing | None:
    """Return what is to be chosen, or None; refuse options that only choosing has a use for."""
    from lusscore.evaluation.selection.choosing import Choosing
    from lusscore.head import head_names

    if not ways:
        source = click.get_current_context().get_parameter_source
        for name, option in _FOR_CHOOSING.items():
            if source(name) is not ParameterSource.DEFAULT:
                raise click.UsageError(f"{option} needs --select, which alone has a use for it.")
        return None
    names = tuple(dict.fromkeys(heads or head_names()))
    flags = given if PAPERS_HEAD in names else {}
    return Choosing(
        tuple(dict.fromkeys(ways)),
        choose_heads(names, flags, assignments),
        choose_grids(names, tries),
        criterion,
        inner_folds,
    )


def check_usage(
    cohort: str | None, train: Sequence[str], test: str | None, leave_out: str | None
) -> None:
    """Refuse options that name other patients to hold out than one of them alone would."""
    context = click.get_current_context()
    by_folds = [
        f"--{name.replace('_', '-')}"
        for name in ("folds", "repeats", "folds_file")
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    ]
    if bool(train) != (test is not None):
        raise click.UsageError("--train and --test belong together; name a cohort with each.")
    if test is None and cohort is None:
        raise click.UsageError("Name the COHORT, or two of them with --train and --test.")
    if test is not None and cohort is not None:
        raise click.UsageError(
            f"Leave out the argument {cohort!r}; --train and --test name the cohorts."
        )
    if leave_out and (by_folds or train):
        raise click.UsageError(
            f"--leave-out makes its own folds; leave out {' and '.join(by_folds) or '--train'}."
        )
    if train and by_folds:
        raise click.UsageError(
            f"--train and --test hold out one cohort whole; leave out {' and '.join(by_folds)}."
        )
