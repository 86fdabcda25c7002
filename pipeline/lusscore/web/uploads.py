"""Clips arrive: counted while they do, kept under a number, told by their content."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request

from lusscore.cohort import Protocol
from lusscore.errors import ClipError
from lusscore.scoring import DicomTexts, read_texts
from lusscore.web.clip_kind import HEAD, clip_suffix, is_archive
from lusscore.web.exams import Exams
from lusscore.web.first_frame import first_frame
from lusscore.web.guards import Refusal, timed_chunks
from lusscore.web.held import HeldClip, HeldExam
from lusscore.web.limits import MEGABYTE, Limits
from lusscore.web.zone_guess import guess_zones

_LOOKED_AT_ONCE = 2


class Uploads:
    """Takes clips for exams.

    Parameters
    ----------
    exams
        Whose bytes are counted together.
    limits
        What may come.
    protocol
        Of the zones.
    """

    def __init__(self, exams: Exams, limits: Limits, protocol: Protocol) -> None:
        self.exams = exams
        self.limits = limits
        self.protocol = protocol
        self._arriving = 0
        self._looking = anyio.CapacityLimiter(_LOOKED_AT_ONCE)

    async def take(self, request: Request, exam: HeldExam, name: str) -> HeldClip:
        """Read the body of `request` into a file of `exam` and make sure that it is a clip.

        Raises
        ------
        Refusal
            If it is too large, too slow, one too many or no clip; nothing of it is kept.
        """
        with self._place(exam):
            declared = request.headers.get("content-length", "0")
            if declared.isdecimal():
                self._check(exam, int(declared))
            exam.last_number += 1
            number = exam.last_number
            arriving = exam.folder / f"{number:04}.part"
            try:
                path, size = await self._store(request, exam, arriving)
                thumbnail, header = await self._look(path)
                clip = HeldClip(number, path, name, size, thumbnail, header)
                await run_sync(self._keep, exam, clip)
            except BaseException as error:
                for left in exam.folder.glob(f"{number:04}.*"):
                    with suppress(OSError):
                        left.unlink()
                if exam.closed and isinstance(error, Exception):
                    raise Refusal(404, "This exam is closed; begin anew.") from None
                raise
        return clip

    def sort(self, exam: HeldExam) -> None:
        """Guess the zones of an exam's clips anew; to be called under its lock."""
        exam.notes = guess_zones(
            [exam.clips[number] for number in sorted(exam.clips)], self.protocol
        )

    def _keep(self, exam: HeldExam, clip: HeldClip) -> None:
        with exam.lock:
            if exam.closed:
                raise Refusal(404, "This exam is closed; begin anew.")
            self._check_count(exam)
            exam.clips[clip.number] = clip
            self.sort(exam)

    @contextmanager
    def _place(self, exam: HeldExam) -> Iterator[None]:
        """Hold one of the places for uploads."""
        if self._arriving >= self.limits.uploads:
            raise Refusal(
                503, f"{self._arriving} uploads are under way; send this one when one is done."
            )
        self._check_count(exam)
        self._arriving += 1
        try:
            yield
        finally:
            self._arriving -= 1

    async def _store(self, request: Request, exam: HeldExam, arriving: Path) -> tuple[Path, int]:
        head, size = b"", 0
        try:
            async with await anyio.open_file(arriving, "xb") as file:
                async for chunk in timed_chunks(request, self.limits):
                    self._check(exam, len(chunk), size)
                    size += len(chunk)
                    exam.arriving += len(chunk)
                    head = (head + chunk)[:HEAD] if len(head) < HEAD else head
                    await file.write(chunk)
        except OSError as error:
            raise Refusal(
                507,
                f"The clip could not be kept ({error.strerror or 'unknown reason'}); make room on "
                "the disk of "
                "temporary files.",
            ) from None
        finally:
            exam.arriving -= size
        if not size:
            raise Refusal(415, "The file is empty; export or copy it again.")
        if is_archive(head):
            raise Refusal(415, "This is a packed archive; unpack it and drop its folder.")
        suffix = clip_suffix(head)
        if not suffix:
            raise Refusal(
                415, "This is no clip by its content; expected a video, DICOM file or image."
            )
        return arriving.rename(arriving.with_suffix(suffix)), size

    def _check_count(self, exam: HeldExam) -> None:
        if len(exam.clips) >= self.limits.clips:
            raise Refusal(413, f"An exam holds at most {self.limits.clips} clips here.")

    def _check(self, exam: HeldExam, more: int, of_file: int = 0) -> None:
        """Refuse what would be more than is held."""
        for held, most, what in (
            (of_file, self.limits.file_bytes, "A clip"),
            (exam.bytes, self.limits.exam_bytes, "An exam"),
            (self.exams.bytes(), self.limits.all_bytes, "All open exams together"),
        ):
            if held + more > most:
                megabytes = math.floor(most / MEGABYTE)
                raise Refusal(413, f"{what} may take {megabytes} MB here (--max-upload).")

    async def _look(self, path: Path) -> tuple[bytes, DicomTexts | None]:
        def look() -> tuple[bytes, DicomTexts | None]:
            return first_frame(path), read_texts(path)

        try:
            return await run_sync(look, limiter=self._looking)
        except ClipError as error:
            raise Refusal(415, error.without_path()) from None
