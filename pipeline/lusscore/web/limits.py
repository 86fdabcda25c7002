"""How much the page takes from those who use it."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds on what is uploaded and kept; every one is enforced while bytes arrive.

    Attributes
    ----------
    exam_bytes
        Of all clips of an exam.
    file_bytes
        Of one clip.
    all_bytes
        Of all exams together.
    clips
        In an exam.
    exams
        Open at once.
    uploads
        Arriving at once; more are told to come again.
    connections
        Open at once.
    text_bytes
        Of a request that is not a clip.
    silence
        Seconds without a byte after which an upload or a request is cut.
    slowest
        Bytes per second that an upload must bring on average.
    grace
        Seconds before that average counts.
    linger
        Seconds in which a request that is refused before it has arrived may still arrive.
    patience
        Seconds that the head of a request may take.
    idle
        Seconds without a request after which an exam is closed and its clips are deleted.
    left
        The same once the page has said that it was closed.
    """

    exam_bytes: int = 2_000 * MEGABYTE
    file_bytes: int = 1_000 * MEGABYTE
    all_bytes: int = 8_000 * MEGABYTE
    clips: int = 200
    exams: int = 8
    uploads: int = 8
    connections: int = 128
    text_bytes: int = 64_000
    silence: float = 15.0
    slowest: float = 20_000.0
    grace: float = 20.0
    linger: float = 2.0
    patience: float = 10.0
    idle: float = 3600.0
    left: float = 60.0

    @classmethod
    def of_exam(cls, megabytes: int) -> Limits:
        """Return the usual limits with exams of up to `megabytes`."""
        most = megabytes * MEGABYTE
        return cls(exam_bytes=most, file_bytes=min(most, cls.file_bytes), all_bytes=4 * most)
