"""What the options of ``lusscore cv`` mean together, and which do not go together."""

from __future__ import annotations

from collections.abc import Sequence

import click
from click.core import ParameterSource

_FOR_SELECTION = {"tries": "--try", "criterion": "--criterion", "inner_folds": "--inner-folds"}


def check_usage(
    cohort: str | None,
    train: Sequence[str],
    test: str | None,
    leave_out: str | None,
    select: Sequence[str],
) -> None:
    """Refuse options that do not go together."""
    context = click.get_current_context()
    for name, option in _FOR_SELECTION.items():
        if not select and context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"{option} needs --select, which alone has a use for it.")
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
