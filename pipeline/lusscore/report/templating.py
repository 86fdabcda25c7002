"""Templates of pages that are one file: text escaped, scripts by digest."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lusscore import wording
from lusscore.report.palette import SCORE_COLOURS, SCORE_INK

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


class PageTemplates:
    """The templates of one or more packages, the first that has a name winning.

    Parameters
    ----------
    packages
        Each with a folder ``templates``.
    """

    def __init__(self, *packages: str) -> None:
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package) for package in packages]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for function in _FILTERS:
            self.add_filter(function.__name__, function)

    def add_filter(self, name: str, function: Any) -> None:
        """Let templates call `function` as a filter."""
        self._environment.filters[name] = function

    def render(self, template: str, *, styles: tuple[str, ...], script: str, **content: Any) -> str:
        """Fill a template.

        Parameters
        ----------
        template
            Its name.
        styles, script
            Names of files beside it, which it gets whole as ``style`` and ``script``, and the
            script's digest for its content security policy as ``script_digest``.
        content
            What else it shows.
        """
        code = self._source(script)
        return self._environment.get_template(template).render(
            content,
            style=Markup("".join(map(self._source, styles))),
            script=Markup(code),
            script_digest=base64.b64encode(hashlib.sha256(code.encode()).digest()).decode(),
            score_colours=list(zip(SCORE_COLOURS, SCORE_INK, strict=True)),
        )

    def _source(self, name: str) -> str:
        """Read a file beside the templates as it is."""
        assert self._environment.loader is not None
        return self._environment.loader.get_source(self._environment, name)[0]
