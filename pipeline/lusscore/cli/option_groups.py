"""Options of a command under headings of their own in its help."""

from __future__ import annotations

from collections.abc import Mapping

import click


def write_grouped_options(
    command: click.Command,
    ctx: click.Context,
    formatter: click.HelpFormatter,
    headings: Mapping[str, str],
) -> None:
    """Write a command's options, in their order, under the headings they belong to.

    Parameters
    ----------
    command, ctx, formatter
        As click hands them to ``format_options``.
    headings
        Name of a parameter → the heading that begins with it and lasts until the next one.
    """
    heading, sections = "Options", dict[str, list[tuple[str, str]]]()
    for parameter in command.get_params(ctx):
        heading = headings.get(parameter.name or "", heading)
        record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
        if record is not None:
            sections.setdefault(heading, []).append(record)
    for told, records in sections.items():
        with formatter.section(told):
            formatter.write_dl(records)
