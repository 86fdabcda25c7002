"""Dates and times in names, whose digits are no zones."""

from __future__ import annotations

import re

_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_SEPARATOR = "[-_./: ]"
_DATE = re.compile(
    rf"""
    (?<![^\W_])(?:
        (?:19|20)\d\d(?P<a>{_SEPARATOR})\d{{1,2}}(?P=a)\d{{1,2}}   # 2026-01-31
      | \d{{1,2}}(?P<b>{_SEPARATOR})\d{{1,2}}(?P=b)(?:\d\d){{1,2}} # 31.01.2026, 10-15-00
      | \d{{1,2}}{_SEPARATOR}?{_MONTH}                             # 31 Jan
      | {_MONTH}{_SEPARATOR}\d{{1,2}}                              # Jan 31
    )(?![^\W_])
    """,
    re.VERBOSE | re.IGNORECASE,
)


def without_dates(text: str) -> str:
    """Return a name in which each date or time of day is the number 0.

    A number of six or more digits together needs no care: it is never read as a zone.
    """
    return _DATE.sub(" 00 ", text)
