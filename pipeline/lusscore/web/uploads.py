"""Clips arrive: counted while they do, kept under a number, recognised by their content."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote

import anyio
from anyio.to_thread import run_sync
from PIL import Image
from starlette.requests import Request

from lusscore.clips import open_clip
from lusscore.cohort import Protocol
from lusscore.errors import ClipError
from lusscore.scoring import DicomTexts, read_texts
from lusscore.web.exams import Exams, ExamSession, UploadedClip
from lusscore.web.guards import Refusal, timed_chunks
from lusscore.web.settings import MEGABYTE, Limits
from lusscore.web.zone_guess import guess_zones

HEAD = 160
"""Bytes from the beginning that show what a file is."""

_LOOKED_AT_ONCE = 2
_THUMBNAIL = 160
_LONGEST_NAME = 160
_SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (128, b"DICM", ".dcm"),
    (4, b"ftypqt", ".mov"),
    (4, b"ftyp", ".mp4"),
    (4, b"moov", ".mov"),
    (4, b"mdat", ".mov"),
    (4, b"wide", ".mov"),
    (0, b"\x1a\x45\xdf\xa3", ".mkv"),
    (8, b"AVI ", ".avi"),
    (8, b"WEBP", ".webp"),
    (0, b"\x30\x26\xb2\x75", ".wmv"),
    (0, b"\x00\x00\x01\xba", ".mpg"),
    (0, b"\x00\x00\x01\xb3", ".mpg"),
    (0, b"GIF8", ".gif"),
    (0, b"\x89PNG\r\n\x1a\n", ".png"),
    (0, b"\xff\xd8\xff", ".jpg"),
    (0, b"BM", ".bmp"),
    (0, b"II*\x00", ".tif"),
    (0, b"MM\x00*", ".tif"),
    # DICOM without its mark: a group of small number comes first
    (0, b"\x02\x00", ".dcm"),
    (0, b"\x08\x00", ".dcm"),
)
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")
_CLOSED = "This exam is closed; begin anew."


class Uploads:
    """Takes clips for exams whose zones are those of `protocol`."""

    def __init__(self, exams: Exams, limits: Limits, protocol: Protocol) -> None:
        self.exams = exams
        self.limits = limits
        self.protocol = protocol
        self._arriving = 0
        self._looking = anyio.CapacityLimiter(_LOOKED_AT_ONCE)

    async def take(self, request: Request, exam: ExamSession, name: str) -> UploadedClip:
        """Read the body of `request` into a file of `exam` and make sure that it is a clip."""
        with self._one_of_few(exam):
            declared = request.headers.get("content-length", "0")
            if declared.isdecimal():
                self._check(exam, int(declared))
            exam.last_number += 1
            number = exam.last_number
            arriving = exam.folder / f"{number:04}.part"
            try:
                path, size = await self._store(request, exam, arriving)
                thumbnail, header = await self._look(path)
                clip = UploadedClip(number, path, name, size, thumbnail, header)
                await run_sync(self._keep, exam, clip)
            except BaseException as error:
                for left in exam.folder.glob(f"{number:04}.*"):
                    with suppress(OSError):
                        left.unlink()
                if exam.closed and isinstance(error, Exception):
                    raise Refusal(404, _CLOSED) from None
                raise
        return clip

    def sort(self, exam: ExamSession) -> None:
        """Guess the zones of an exam's clips anew; to be called under its lock."""
        exam.notes = guess_zones(exam.in_order(), self.protocol)

    def _keep(self, exam: ExamSession, clip: UploadedClip) -> None:
        with exam.lock:
            if exam.closed:
                raise Refusal(404, _CLOSED)
            self._check_count(exam)
            exam.clips[clip.number] = clip
            self.sort(exam)

    @contextmanager
    def _one_of_few(self, exam: ExamSession) -> Iterator[None]:
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

    async def _store(self, request: Request, exam: ExamSession, arriving: Path) -> tuple[Path, int]:
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
                f"The clip could not be stored ({error.strerror or 'unknown reason'}); free space "
                "on the disk of temporary files.",
            ) from None
        finally:
            exam.arriving -= size
        if not size:
            raise Refusal(415, "The file is empty; export or copy it again.")
        return arriving.rename(arriving.with_suffix(clip_suffix(head))), size

    def _check_count(self, exam: ExamSession) -> None:
        if len(exam.clips) >= self.limits.clips:
            raise Refusal(413, f"An exam may have at most {self.limits.clips} clips here.")

    def _check(self, exam: ExamSession, more: int, of_file: int = 0) -> None:
        """Refuse what would be more than may be stored."""
        for stored, most, what in (
            (of_file, self.limits.file_bytes, "A clip"),
            (exam.bytes, self.limits.exam_bytes, "An exam"),
            (self.exams.bytes(), self.limits.all_bytes, "All open exams together"),
        ):
            if stored + more > most:
                raise Refusal(413, f"{what} may take {most // MEGABYTE} MB here (--max-upload).")

    async def _look(self, path: Path) -> tuple[bytes, DicomTexts | None]:
        try:
            return await run_sync(
                lambda: (first_frame(path), read_texts(path)), limiter=self._looking
            )
        except ClipError as error:
            raise Refusal(415, error.without_path()) from None


def clip_suffix(head: bytes) -> str:
    """Return the suffix under which a file that begins with `head` is kept."""
    if head.startswith(_ARCHIVES):
        raise Refusal(415, "This is a packed archive; unpack it and drop its folder.")
    for start, sign, suffix in _SIGNS:
        if head[start : start + len(sign)] == sign:
            return suffix
    raise Refusal(415, "Unsupported file: not a video, DICOM or image.")


def first_frame(path: Path) -> bytes:
    """Return the first frame of a clip as JPEG, at most 160 pixels wide and high."""
    frame = next(iter(open_clip(path, only={0})), None)
    if frame is None:
        raise ClipError("the clip holds no frames", advice="export or copy it again", path=path)
    image = Image.fromarray(frame.rgb)
    image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def shown_name(encoded: str) -> str:
    """Return a percent-encoded name as one line without control characters, its end if long."""
    name = unquote(encoded, errors="replace")
    kept = "".join(
        each for each in name if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )
    return kept.strip()[-_LONGEST_NAME:] or "unnamed"
