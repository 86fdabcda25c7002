"""``report.html``: one file that needs nothing else, not even a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from lusscore.report.templating import PageTemplates


def render_page(content: Mapping[str, Any], figures: Mapping[str, str]) -> str:
    """Fill the templates.

    All text is escaped, and folders of absolute paths are cut from it, whatever file it came
    from. A content security policy forbids the page every request and every script but its own.

    Parameters
    ----------
    content
        What the templates show, by name.
    figures
        SVGs for inlining, by name.
    """
    return PageTemplates("lusscore.report").render(
        "report.html.j2",
        styles=("report.css",),
        script="report.js",
        **content,
        figures={name: Markup(svg) for name, svg in figures.items()},
    )
