"""What the caller of stage one hears while it runs, and how it stops it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from lusscore.features.prepare import Prepared


@dataclass(frozen=True)
class Watcher:
    """What the caller wants to hear while stage one runs.

    Attributes
    ----------
    media
        Called with (clips looked at, clips in all).
    prepared
        Called once per backbone with its file and the frames it still lacks.
    waiting
        Called with who is waited for, in words, where another process writes the same file.
    frames
        Called with (backbone, number of frames just computed).
    stop
        Set it to end after the write in hand.
    """

    media: Callable[[int, int], None] = lambda done, total: None
    prepared: Callable[[str, Prepared, int], None] = lambda backbone, prepared, frames: None
    waiting: Callable[[str], None] = lambda sentence: None
    frames: Callable[[str, int], None] = lambda backbone, frames: None
    stop: threading.Event = field(default_factory=threading.Event)
