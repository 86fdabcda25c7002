"""HTML pages that are one file: text escaped, scripts by digest, nothing loaded."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lusscore import wording
from lusscore.report.canvas import SCORE_COLOURS, SCORE_INK

_FILTERS = (
    wording.three,
    wording.decimals,
    wording.percent,
    wording.signed,
    wording.span,
    wording.bounds,
    wording.p_value,
    wording.count,
    wording.duration,
    wording.large,
    wording.plural,
    wording.listed,
)


def render_page(template: str, *, styles: tuple[str, ...], script: str, **content: Any) -> str:
    """Fill a template of this package; all text is escaped, whatever file it came from.

    `styles` and `script` name files beside the template, which it gets whole as ``style`` and
    ``script``, and the script's digest for its content security policy as ``script_digest``.
    """
    code = _source(script)
    return (
        _environment()
        .get_template(template)
        .render(
            content,
            style=Markup("".join(map(_source, styles))),
            script=Markup(code),
            script_digest=base64.b64encode(hashlib.sha256(code.encode()).digest()).decode(),
            score_colours=list(zip(SCORE_COLOURS, SCORE_INK, strict=True)),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lusscore.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {function.__name__: function for function in (*_FILTERS, whole_percent)}
    environment.filters.update(filters)
    return environment


def _source(name: str) -> str:
    """Read a file beside the templates as it is."""
    return (resources.files("lusscore.report") / "templates" / name).read_text(encoding="utf-8")


def whole_percent(share: float) -> str:
    """Write a share of 1 in whole per cent, kept on one line; what is not 0 or 1 never looks so."""
    if 0 < share < 0.005:
        return "< 1\u00a0%"
    if 0.995 < share < 1:
        return "> 99\u00a0%"
    return f"{100 * share:.0f}\u00a0%"
