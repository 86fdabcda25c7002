"""Videos within DICOM: MPEG-2, MPEG-4 (H.264) and HEVC, handed to FFmpeg."""

from __future__ import annotations

import io
import math
from collections.abc import Container, Iterator
from dataclasses import replace

from lusscore.clips.dicom.facts import frame_rate, frame_times
from lusscore.clips.dicom.file import DicomFile
from lusscore.clips.dicom.header import Header, number
from lusscore.clips.dicom.pixel_data import encoded_stream
from lusscore.clips.frame import Frame
from lusscore.clips.limits import MOST_FRAMES
from lusscore.clips.video_stream import (
    VideoHead,
    read_video_head,
    show_video,
    times_of_video,
)

_SYNTAXES = tuple(f"1.2.840.10008.1.2.4.{last}" for last in range(100, 109))


def is_video(header: Header) -> bool:
    """Tell whether the pixels are a video stream."""
    # some syntaxes have a sibling ending in .1, whose stream may be cut into fragments
    syntax = str(header.transfer_syntax)
    plain = syntax[:-2] if syntax.endswith(".1") else syntax
    return bool(header.pixel_keyword) and plain in _SYNTAXES


def video_frames(file: DicomFile, header: Header, only: Container[int] | None) -> Iterator[Frame]:
    """Yield the stream's frames numbered in `only`, with the times that DICOM tells.

    Raises
    ------
    ClipError
        As for :func:`lusscore.clips.video_stream.decode_video`.
    """
    told = _times_told(header)
    for frame in show_video(_stream(file, header), only):
        yield replace(frame, time=_choose(told, frame.index, frame.time))


def video_times(file: DicomFile, header: Header) -> Iterator[float]:
    """Yield the time of each frame; raise ClipError as :func:`video_frames` does."""
    told = _times_told(header)
    for index, time in enumerate(times_of_video(_stream(file, header))):
        yield _choose(told, index, time)


def video_head(file: DicomFile, header: Header) -> VideoHead:
    """Return size and rate of the stream's frames as they are yielded.

    Raises
    ------
    ClipError
        As for :func:`video_frames`.
    """
    head = read_video_head(_stream(file, header))
    told = frame_rate(header.dataset, number(header.dataset, "NumberOfFrames", 1))
    return head if math.isnan(told) else replace(head, rate=told)


def _stream(file: DicomFile, header: Header) -> io.BytesIO:
    return io.BytesIO(encoded_stream(file, header))


def _times_told(header: Header) -> list[float]:
    declared = number(header.dataset, "NumberOfFrames", 1)
    frames = declared if 1 < declared <= MOST_FRAMES else MOST_FRAMES
    return frame_times(header.dataset, frames)


def _choose(told: list[float], index: int, streamed: float) -> float:
    """Return DICOM's time of a frame; the stream's where DICOM is silent."""
    return told[index] if index < len(told) and not math.isnan(told[index]) else streamed
