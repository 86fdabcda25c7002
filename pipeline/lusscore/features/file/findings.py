"""What is wrong with a feature file, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# stands in a file as the reason why a clip is not done, until it is computed again
LOST = "its embeddings were damaged; 'lusscore verify --repair' computes them again"


@dataclass(frozen=True)
class Finding:
    """One thing wrong at one place.

    Attributes
    ----------
    kind
        ``"damaged"`` (the file as a whole: it has to be made anew), ``"rows"`` (what the file
        holds of a clip), ``"lost"`` (what it held, until a repair that was not ended),
        ``"media"`` (a clip changed on disk), ``"unreadable media"`` (a clip is
        missing or cannot be read), ``"missing"`` (there is no file) or ``"refused"`` (the file
        cannot be looked at, and is left alone).
    what
        What is wrong, in words.
    clip
        Which clip, as the manifest writes it; empty for the file as a whole.
    """

    kind: str
    what: str
    clip: str = ""


@dataclass(frozen=True)
class FileReport:
    """What was checked of one feature file, and what was found.

    Attributes
    ----------
    cohort, backbone, path
        Which file.
    findings
        What is wrong; empty where nothing is.
    clips, size
        Clips whose rows were read and compared with their checksum, and bytes read of the file.
    unfinished
        Clips that have no embeddings yet, which is no damage.
    unlisted
        Clips in the file that are no longer in the manifest.
    note
        What else there is to say.
    parts
        Parts of the fingerprint; empty where they cannot be read.
    """

    cohort: str
    backbone: str
    path: Path
    findings: tuple[Finding, ...] = ()
    clips: int = 0
    size: int = 0
    unfinished: int = 0
    unlisted: int = 0
    note: str = ""
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def aside(self) -> bool:
        """Whether the file waits for its settings to come back."""
        return self.path.parent.name == "aside"

    @property
    def damaged(self) -> bool:
        """Whether the file has to be made anew from what can be saved of it."""
        return any(finding.kind == "damaged" for finding in self.findings)

    def clips_found(self, kind: str) -> tuple[str, ...]:
        """Name the clips with findings of a kind."""
        return tuple(finding.clip for finding in self.findings if finding.kind == kind)
