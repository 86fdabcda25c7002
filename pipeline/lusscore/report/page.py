"""``report.html``: one file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lusscore.report import numbers
from lusscore.report.palette import SCORE_COLOURS, SCORE_INK
from lusscore.report.privacy import hide_folders

_FILTERS = (
    numbers.three,
    numbers.decimals,
    numbers.percent,
    numbers.signed,
    numbers.span,
    numbers.bounds,
    numbers.p_value,
    numbers.count,
    numbers.duration,
    numbers.large,
    numbers.plural,
    numbers.listed,
)


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
    environment = Environment(
        loader=PackageLoader("lusscore.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_folders,
    )
    for function in _FILTERS:
        environment.filters[function.__name__] = function
    script = _source(environment, "report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        content,
        figures={name: Markup(svg) for name, svg in figures.items()},
        style=Markup(_source(environment, "report.css")),
        script=Markup(script),
        script_digest=digest,
        score_colours=list(zip(SCORE_COLOURS, SCORE_INK, strict=True)),
    )


def _source(environment: Environment, name: str) -> str:
    """Read a file beside the templates as it is."""
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _without_folders(value: Any) -> Any:
    """Cut folders from text, but not from markup of our own making."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return hide_folders(value)
    return value
