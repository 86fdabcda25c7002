"""The reader of DICOM files, videos within them included."""

from __future__ import annotations

import io
import math
from collections.abc import Container, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lusscore.clips.dicom.decode import compressed_frames
from lusscore.clips.dicom.display import display
from lusscore.clips.dicom.facts import (
    frame_rate,
    frame_times,
    header_notes,
    read_identifiers,
    read_regions,
)
from lusscore.clips.dicom.header import DicomFile, Header, number, open_dicom, text
from lusscore.clips.dicom.pixels import (
    PixelLayout,
    encoded_stream,
    held_layout,
    is_native,
    native_frames,
    pixel_layout,
)
from lusscore.clips.frame import ClipFacts, Frame, Region
from lusscore.clips.reader import MOST_FRAMES, ClipReader
from lusscore.clips.video import read_video_facts, show_video, times_of_video

# MPEG-2, MPEG-4 (H.264) and HEVC
_VIDEO_SYNTAXES = tuple(f"1.2.840.10008.1.2.4.{last}" for last in range(100, 109))


class DicomReader(ClipReader):
    """Reads DICOM images, still and moving, frame by frame."""

    kind = "DICOM"
    suffixes = (".dcm", ".dicom", ".ima")

    def times(self, path: Path) -> Iterator[float]:
        """Yield the time of each frame that can be decoded."""
        with open_dicom(path) as (file, header):
            if _is_video(header):
                declared = _video_times(header)
                stream = io.BytesIO(encoded_stream(file, header))
                for index, time in enumerate(times_of_video(stream)):
                    yield _choose(declared, index, time)
                return
            layout = held_layout(file, header)
            times = frame_times(header.dataset, layout.frames)
            for index, _, _ in _decoded(file, header, layout, None):
                yield times[index]

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the frames numbered in `only` (all if None), as a screen would show them."""
        with open_dicom(path) as (file, header):
            if _is_video(header):
                declared = _video_times(header)
                stream = io.BytesIO(encoded_stream(file, header))
                for frame in show_video(stream, only):
                    yield replace(frame, time=_choose(declared, frame.index, frame.time))
                return
            layout = held_layout(file, header)
            times = frame_times(header.dataset, layout.frames)
            show = display(header.dataset, layout)
            for index, samples, photometric in _decoded(file, header, layout, only):
                yield Frame(index, times[index], show(samples, photometric))

    def facts(self, path: Path) -> ClipFacts:
        """Read what the header says."""
        with open_dicom(path) as (file, header):
            dataset = header.dataset
            coded, shown, rate = _shape(file, header)
            device = f"{text(dataset, 'Manufacturer')} {text(dataset, 'ManufacturerModelName')}"
            said = text(dataset, "BurnedInAnnotation").upper()
            return ClipFacts(
                self.kind,
                *shown,
                rate,
                device.strip(),
                read_identifiers(dataset),
                read_regions(dataset, coded, shown),
                {"YES": True, "NO": False}.get(said),
                header_notes(dataset, number(dataset, "NumberOfFrames", 1), coded, shown),
            )

    def regions(self, path: Path) -> tuple[Region, ...]:
        """Read the regions that the header declares."""
        with open_dicom(path) as (file, header):
            if "SequenceOfUltrasoundRegions" not in header.dataset:
                return ()
            coded, shown, _ = _shape(file, header)
            return read_regions(header.dataset, coded, shown)


def _shape(file: DicomFile, header: Header) -> tuple[tuple[int, int], tuple[int, int], float]:
    """Return (height, width) as coded and as yielded, and frames per second."""
    if not _is_video(header):
        layout = pixel_layout(header)
        rate = frame_rate(header.dataset, layout.frames)
        return (layout.height, layout.width), layout.square, rate
    video = read_video_facts(io.BytesIO(encoded_stream(file, header)))
    rate = frame_rate(header.dataset, number(header.dataset, "NumberOfFrames", 1))
    rows, columns = (number(header.dataset, name, 0) for name in ("Rows", "Columns"))
    coded = (rows or video.height, columns or video.width)
    return coded, (video.height, video.width), video.frame_rate if math.isnan(rate) else rate


def _decoded(
    file: DicomFile, header: Header, layout: PixelLayout, only: Container[int] | None
) -> Iterator[tuple[int, NDArray[Any], str]]:
    """Yield number, samples and colour model of the frames numbered in `only` (all if None)."""
    if is_native(header):
        for index, samples in native_frames(file, header, layout, only):
            yield index, samples, layout.photometric
    else:
        yield from compressed_frames(file, header, layout, only)


def _is_video(header: Header) -> bool:
    # some syntaxes have a sibling ending in .1, whose stream may be cut into fragments
    return (
        bool(header.pixel_keyword)
        and str(header.transfer_syntax).removesuffix(".1") in _VIDEO_SYNTAXES
    )


def _video_times(header: Header) -> list[float]:
    declared = number(header.dataset, "NumberOfFrames", 1)
    frames = declared if 1 < declared <= MOST_FRAMES else MOST_FRAMES
    return frame_times(header.dataset, frames)


def _choose(declared: list[float], index: int, streamed: float) -> float:
    """Return DICOM's time of a frame; the stream's where DICOM is silent."""
    if index < len(declared) and not math.isnan(declared[index]):
        return declared[index]
    return streamed
