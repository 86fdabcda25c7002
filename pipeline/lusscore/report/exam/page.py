"""The page of one scored exam: one file that needs nothing else, not even a network."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from lusscore import __version__
from lusscore.models import Bundle
from lusscore.report.exam.clip_cards import clip_card
from lusscore.report.exam.model_card import card_blocks
from lusscore.report.exam.overlay import RAMP
from lusscore.report.exam.result import result
from lusscore.report.templating import PageTemplates
from lusscore.scoring import ScoredExam


def exam_page(
    exam: ScoredExam, bundle: Bundle, *, created: str | None = None, show_names: bool = False
) -> str:
    """Write an exam's report as HTML.

    All text is escaped, and folders of absolute paths are cut from it. A content security policy
    forbids the page every request and every script but its own. The same input gives the same
    text.

    Parameters
    ----------
    exam, bundle
        What was scored, and by what.
    created
        When, to stand at the top: ISO 8601, or any text.
    show_names
        Whether clips carry the names of their files, which may be those of people. Names of
        folders are never shown.

    Returns
    -------
    str
        A whole page, to be saved as UTF-8.

    Raises
    ------
    CohortError
        If the exam's or the bundle's protocol is not known.
    """
    templates = PageTemplates("lusscore.report.exam", "lusscore.report")
    templates.add_filter("whole_percent", _whole_percent)
    return templates.render(
        "exam.html.j2",
        styles=("report.css", "exam.css"),
        script="exam.js",
        exam=exam,
        bundle=bundle,
        created=_date(created),
        result=result(exam, bundle),
        clips=[clip_card(clip, bundle, show_names) for clip in exam.clips],
        show_names=show_names,
        card=list(card_blocks(bundle.card)),
        version=__version__,
        ramp=RAMP,
    )


def _whole_percent(share: float) -> str:
    """Write a share of 1 in whole per cent, kept on one line; what is not 0 or 1 never looks so."""
    if 0 < share < 0.005:
        return "< 1\u00a0%"
    if 0.995 < share < 1:
        return "> 99\u00a0%"
    return f"{100 * share:.0f}\u00a0%"


def _date(created: str | None) -> str:
    """Write ISO 8601 for people; other text as it is."""
    if created is None:
        return ""
    try:
        moment = datetime.fromisoformat(re.sub("Z$", "+00:00", created))
    except ValueError:
        return created
    if "T" not in created and " " not in created:
        return created
    zone = " UTC" if moment.utcoffset() == timedelta(0) else moment.strftime(" %z")
    return f"{moment:%Y-%m-%d %H:%M}{zone.rstrip()}"
