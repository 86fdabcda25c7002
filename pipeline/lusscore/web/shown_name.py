"""The name that a browser gives a file: text to show and to guess a zone from, never a path."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

_LONGEST = 160


def shown_name(encoded: str) -> str:
    """Return a percent-encoded name as one line without control characters, its end if long."""
    name = unquote(encoded, errors="replace")
    kept = "".join(
        each for each in name if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )
    return kept.strip()[-_LONGEST:] or "unnamed"
