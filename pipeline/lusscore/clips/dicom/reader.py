"""The reader of DICOM files."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lusscore.clips.dicom.decode import compressed_frames
from lusscore.clips.dicom.display import display
from lusscore.clips.dicom.encapsulated_video import is_video, video_frames, video_head, video_times
from lusscore.clips.dicom.facts import frame_rate, frame_times, read_identifiers, read_regions
from lusscore.clips.dicom.file import DicomFile, has_magic, open_dicom
from lusscore.clips.dicom.header import Header, broken_becomes_sentence, number, read_header, text
from lusscore.clips.dicom.layout import PixelLayout, pixel_layout
from lusscore.clips.dicom.pixel_data import is_native, native_frames
from lusscore.clips.frame import ClipFacts, Frame, Region
from lusscore.clips.readers import has_known_suffix, register_reader

DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")


@register_reader
class DicomReader:
    """Reads DICOM images, still and moving, frame by frame."""

    kind = "DICOM"
    suffixes: tuple[str, ...] = DICOM_SUFFIXES

    def accepts(self, path: Path) -> bool:
        """Tell whether a suffix is that of DICOM, or unknown on a file that says it is DICOM.

        Archives export files named ``IM_0001`` or ``1.2.840.113619.2``.
        """
        if path.suffix.lower() in DICOM_SUFFIXES:
            return True
        return not has_known_suffix(path) and path.is_file() and has_magic(path)

    def times(self, path: Path) -> Iterator[float]:
        """Yield the time of each frame that can be decoded; raise ClipError as :meth:`frames`."""
        with broken_becomes_sentence(), open_dicom(path) as file:
            header = read_header(file, path.suffix)
            if is_video(header):
                yield from video_times(file, header)
                return
            layout = pixel_layout(header)
            times = frame_times(header.dataset, layout.frames)
            for index, _, _ in _decoded(file, header, layout, None):
                yield times[index]

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the frames numbered in `only` (all if None), as a screen would show them.

        Raises
        ------
        ClipError
            If the file is not DICOM, holds no picture, breaks off or cannot be decoded.
        """
        with broken_becomes_sentence(), open_dicom(path) as file:
            header = read_header(file, path.suffix)
            if is_video(header):
                yield from video_frames(file, header, only)
                return
            layout = pixel_layout(header)
            times = frame_times(header.dataset, layout.frames)
            show = display(header.dataset, layout)
            for index, samples, photometric in _decoded(file, header, layout, only):
                yield Frame(index, times[index], show(samples, photometric))

    def facts(self, path: Path) -> ClipFacts:
        """Read what the header says; raise ClipError as :meth:`frames` does."""
        with broken_becomes_sentence(), open_dicom(path) as file:
            header = read_header(file, path.suffix)
            dataset = header.dataset
            shown = _shown(file, header)
            device = f"{text(dataset, 'Manufacturer')} {text(dataset, 'ManufacturerModelName')}"
            said = text(dataset, "BurnedInAnnotation").upper()
            return ClipFacts(
                self.kind,
                *shown.size,
                shown.rate,
                device.strip(),
                read_identifiers(dataset),
                read_regions(dataset, shown.coded, shown.size),
                {"YES": True, "NO": False}.get(said),
            )

    def regions(self, path: Path) -> tuple[Region, ...]:
        """Read the regions that the header declares; raise ClipError as :meth:`frames` does."""
        with broken_becomes_sentence(), open_dicom(path) as file:
            header = read_header(file, path.suffix)
            if "SequenceOfUltrasoundRegions" not in header.dataset:
                return ()
            shown = _shown(file, header)
            return read_regions(header.dataset, shown.coded, shown.size)


@dataclass(frozen=True)
class _Shown:
    """(height, width) as coded and as yielded, and frames per second."""

    coded: tuple[int, int]
    size: tuple[int, int]
    rate: float


def _shown(file: DicomFile, header: Header) -> _Shown:
    if not is_video(header):
        layout = pixel_layout(header)
        coded = layout.height, layout.width
        return _Shown(coded, layout.square, frame_rate(header.dataset, layout.frames))
    head = video_head(file, header)
    size = head.height, head.width
    rows, columns = (number(header.dataset, name, 0) for name in ("Rows", "Columns"))
    return _Shown((rows or size[0], columns or size[1]), size, head.rate)


def _decoded(
    file: DicomFile,
    header: Header,
    layout: PixelLayout,
    only: Container[int] | None,
) -> Iterator[tuple[int, NDArray[Any], str]]:
    """Yield number, samples and colour model of the frames numbered in `only` (all if None)."""
    if is_native(header):
        for index, samples in native_frames(file, header, layout, only):
            yield index, samples, layout.photometric
    else:
        yield from compressed_frames(file, header, layout, only)
