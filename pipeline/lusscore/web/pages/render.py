"""Fills the templates; all text is escaped."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from lusscore import Model, wording
from lusscore.web.chest import chest_layout
from lusscore.web.limits import Limits

_TOLD = ("id", "name", "created", "digest", "protocol", "rubric", "synthetic", "card")


class Pages:
    """Makes whole pages.

    Parameters
    ----------
    model
        What is told of it on every page.
    post_token
        Goes into each page, for its scripts to send back.
    limits
        Of uploads, so that scripts refuse early what the server would refuse late.
    """

    def __init__(self, model: Model, post_token: str, limits: Limits) -> None:
        self._environment = Environment(
            loader=PackageLoader("lusscore.web.pages", "."),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["three"] = wording.three
        bundle, protocol = model.bundle, model.bundle.zones()
        self._shared = {
            "model": bundle,
            "protocol": protocol,
            "post_token": post_token,
            "page_data": {
                "limits": asdict(limits),
                "chest": chest_layout(bundle.protocol),
                "model": {key: getattr(bundle, key) for key in _TOLD}
                | {"whole_clips": bundle.scores_whole_clips, "worth": model.verdict},
                "protocol": {
                    "name": protocol.name,
                    "maximum": protocol.maximum,
                    "zones": [asdict(zone) for zone in protocol.zones],
                },
            },
        }

    def render(self, template: str, status: int = 200, **content: Any) -> HTMLResponse:
        """Fill ``<template>.html.j2``.

        Templates know ``page`` (their own name), ``model`` (its bundle), ``protocol`` (with
        ``zones``), ``post_token``, and ``page_data`` for scripts, which ``tojson`` makes safe.
        """
        text = self._environment.get_template(f"{template}.html.j2").render(
            self._shared | {"page": template} | content
        )
        return HTMLResponse(text, status)
