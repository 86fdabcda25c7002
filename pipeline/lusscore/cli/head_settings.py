"""Heads and their settings, as typed after ``--set`` and ``--grid``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from lusscore.cli import options
from lusscore.errors import HeadError

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}


class HeadsCommand(options.GroupedCommand):
    """A command whose help lists the heads; they are looked up only when help is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List heads with what they are; `cv` also the settings that ``--set`` takes."""
        from lusscore.heads import head_defaults, head_names, head_summary

        with formatter.section("Heads, and their settings with defaults"):
            formatter.write_dl(
                [
                    (name, f"{head_summary(name)} {_listed(head_defaults(name))}")
                    for name in head_names()
                ]
            )


def read_settings(names: Sequence[str], assignments: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read ``key=value``, for all of these heads that have the key, or ``head.key=value``."""
    for name in names:
        if names.count(name) > 1:
            raise HeadError(f"Head {name} is named twice; name each once.")
    chosen: dict[str, dict[str, Any]] = {name: {} for name in names}
    for assignment in assignments:
        for name, key, text, default in _meant("--set", assignment, names):
            chosen[name][key] = _typed("--set", assignment, text, default)
    return chosen


def read_grids(
    names: Sequence[str], assignments: Sequence[str]
) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Read the values to choose from: ``key=value,value`` or ``head.key=value,value``."""
    grids: dict[str, dict[str, tuple[Any, ...]]] = {name: {} for name in names}
    for assignment in assignments:
        for name, key, text, default in _meant("--grid", assignment, names):
            values = (_typed("--grid", assignment, one.strip(), default) for one in text.split(","))
            grids[name][key] = tuple(values)
    return grids


def _meant(option: str, assignment: str, names: Sequence[str]) -> list[tuple[str, str, str, Any]]:
    """Return head, key, text and default for each head of `names` that an assignment is about."""
    from lusscore.heads import head_defaults

    target, equals, text = assignment.partition("=")
    owner, dot, key = target.rpartition(".")
    key = key.replace("-", "_")
    if not equals or not key or (dot and owner not in names):
        raise HeadError(
            f"{option} {assignment} cannot be read; expected key=value, or head.key=value with a "
            f"head of this run ({', '.join(names)})."
        )
    defaults = {name: head_defaults(name) for name in names if owner in (name, "")}
    meant = [(name, key, text, own[key]) for name, own in defaults.items() if key in own]
    if not meant:
        known = "; ".join(f"{name} has {', '.join(own)}" for name, own in defaults.items())
        raise HeadError(f"{option} {assignment}: there is no setting {key!r}; {known}.")
    return meant


def _typed(option: str, assignment: str, text: str, default: Any) -> Any:
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
    shown = ", ".join(f"{key}={_shown(value)}" for key, value in defaults.items() if key != "seed")
    return f"[{shown}]" if shown else ""


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
