"""Heads and their settings, as typed after ``lusscore cv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from lusscore.errors import HeadError

if TYPE_CHECKING:
    pass

PAPERS_HEAD = "softmax"
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}


class HeadsCommand(click.Command):
    """A command whose help lists the heads; they are looked up only when help is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List heads with what they are and the settings that ``--set`` takes."""
        from lusscore.heads import head_defaults, head_names, head_summary

        with formatter.section("Heads"):
            formatter.write_dl([(name, head_summary(name)) for name in head_names()])
        with formatter.section("Settings for --set, and their defaults"):
            formatter.write_dl([(name, _listed(head_defaults(name))) for name in head_names()])


def read_settings(names: Sequence[str], assignments: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read settings of heads.

    Parameters
    ----------
    names
        Of the heads of this run.
    assignments
        ``key=value``, for every head that has that setting, or ``head.key=value``.

    Returns
    -------
    dict
        Settings by head.

    Raises
    ------
    HeadError
        If no head or setting has that name, or a value cannot be read.
    """
    from lusscore.heads import head_defaults

    for name in names:
        if names.count(name) > 1:
            raise HeadError(f"Head {name} is named twice; name each once.")
    defaults = {name: head_defaults(name) for name in names}
    chosen: dict[str, dict[str, Any]] = {name: {} for name in names}
    for assignment in assignments:
        owner, key, text = _parts(assignment, names)
        meant = [name for name in chosen if owner in (name, "") and key in defaults[name]]
        if not meant:
            told = "; ".join(
                f"{name} has {', '.join(defaults[name])}" for name in chosen if owner in (name, "")
            )
            raise HeadError(f"--set {assignment}: there is no setting {key!r}; {told}.")
        for name in meant:
            chosen[name][key] = _typed(assignment, text, defaults[name][key])
    return chosen


def read_grids(
    names: Sequence[str], assignments: Sequence[str]
) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Read which values to try of settings: ``key=value,value`` or ``head.key=value,value``.

    Returns
    -------
    dict
        Per head, values by setting.

    Raises
    ------
    HeadError
        As :func:`read_settings`.
    """
    from lusscore.heads import head_defaults

    grids: dict[str, dict[str, tuple[Any, ...]]] = {name: {} for name in names}
    for assignment in assignments:
        owner, key, text = _parts(assignment, names, "--try")
        meant = [name for name in grids if owner in (name, "") and key in head_defaults(name)]
        if not meant:
            raise HeadError(f"--try {assignment}: no head of this run has a setting {key!r}.")
        for name in meant:
            default = head_defaults(name)[key]
            grids[name][key] = tuple(
                _typed(assignment, one.strip(), default, "--try") for one in text.split(",")
            )
    return grids


def _parts(assignment: str, names: Sequence[str], option: str = "--set") -> tuple[str, str, str]:
    """Split ``head.key=value``; the head may be left out."""
    target, equals, text = assignment.partition("=")
    owner, dot, key = target.rpartition(".")
    if not equals or not key or (dot and owner not in names):
        raise HeadError(
            f"{option} {assignment} cannot be read; expected key=value, or head.key=value with a "
            f"head of this run ({', '.join(names)})."
        )
    return owner, key.replace("-", "_"), text


def _typed(assignment: str, text: str, default: Any, option: str = "--set") -> Any:
    """Read a value as what the default is."""
    kind = type(default)
    try:
        return _BOOLEANS[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        raise HeadError(
            f"{option} {assignment}: {text!r} is not {_KINDS[kind]}; give one, such as the default "
            f"{_shown(default)}."
        ) from None


def _listed(defaults: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={_shown(value)}" for key, value in defaults.items() if key != "seed")


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
