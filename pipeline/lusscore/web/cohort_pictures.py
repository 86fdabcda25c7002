"""Frames of a cohort's clip, to be labelled: the sector alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lusscore.clips import open_clip
from lusscore.errors import ClipError
from lusscore.features import survey_clip
from lusscore.scoring import PictureTaker
from lusscore.sector import show_sector
from lusscore.web.guards import Refusal

MOST = 40
_POLICY = "sector-no-text"


def cohort_pictures(path: Path, first: int = 0, end: int | None = None) -> tuple[bytes, ...]:
    """Return frames of a clip as JPEG, evenly spread, cut to the sector and black outside it.

    Characters inside the sector are painted over. Where the sector is not found the whole image is
    shown.

    Parameters
    ----------
    path
        The clip.
    first, end
        Its first frame and the one after the last; None for the end of the clip.

    Raises
    ------
    Refusal
        If the clip cannot be read, or has none of these frames.
    """
    try:
        survey = survey_clip(path)
        last = min(survey.frames, survey.frames if end is None else end) - 1
        if last < first:
            raise Refusal(422, "The clip does not have these frames.")
        wanted = np.unique(np.linspace(first, last, min(MOST, last - first + 1)).round())
        taker = PictureTaker(len(wanted))
        for frame in open_clip(path, only=frozenset(wanted.astype(int).tolist())):
            taker.add([show_sector(frame.rgb, survey.sector, _POLICY)])
    except ClipError:
        raise Refusal(
            422, "The clip cannot be read; 'lusscore check' on its cohort tells why."
        ) from None
    return taker.take(survey.sector, _POLICY, (1, 1)).jpegs
