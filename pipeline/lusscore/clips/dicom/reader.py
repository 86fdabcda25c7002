"""The reader of DICOM files."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lusscore.clips.dicom.broken import broken_becomes_sentence
from lusscore.clips.dicom.decode import compressed_frames
from lusscore.clips.dicom.display import display
from lusscore.clips.dicom.encapsulated_video import is_video, video_frames, video_size, video_times
from lusscore.clips.dicom.file import DicomFile, has_magic, open_dicom
from lusscore.clips.dicom.header import Header, read_header, text
from lusscore.clips.dicom.identifiers import read_identifiers
from lusscore.clips.dicom.layout import PixelLayout, pixel_layout
from lusscore.clips.dicom.native import is_native, native_frames
from lusscore.clips.dicom.regions import read_regions
from lusscore.clips.dicom.times import frame_rate, frame_times
from lusscore.clips.facts import ClipFacts
from lusscore.clips.frame import Frame
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
        with broken_becomes_sentence(path), open_dicom(path) as file:
            header = read_header(file, path)
            if is_video(header):
                yield from video_times(file, header, path)
                return
            layout = pixel_layout(header, path)
            times = frame_times(header.dataset, layout.frames)
            for index, _, _ in _decoded(file, header, layout, path, None):
                yield times[index]

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the frames numbered in `only` (all if None), as a screen would show them.

        Raises
        ------
        ClipError
            If the file is not DICOM, holds no picture, breaks off or cannot be decoded.
        """
        with broken_becomes_sentence(path), open_dicom(path) as file:
            header = read_header(file, path)
            if is_video(header):
                yield from video_frames(file, header, path, only)
                return
            layout = pixel_layout(header, path)
            times = frame_times(header.dataset, layout.frames)
            show = display(header.dataset, layout)
            for index, samples, photometric in _decoded(file, header, layout, path, only):
                yield Frame(index, times[index], show(samples, photometric))

    def facts(self, path: Path) -> ClipFacts:
        """Read what the header says; raise ClipError as :meth:`frames` does."""
        with broken_becomes_sentence(path), open_dicom(path) as file:
            header = read_header(file, path)
            dataset = header.dataset
            layout = pixel_layout(header, path)
            height, width = video_size(file, header, path) if is_video(header) else layout.square
            device = f"{text(dataset, 'Manufacturer')} {text(dataset, 'ManufacturerModelName')}"
            said = text(dataset, "BurnedInAnnotation").upper()
            return ClipFacts(
                self.kind,
                height,
                width,
                frame_rate(dataset, layout.frames),
                device.strip(),
                read_identifiers(dataset),
                read_regions(dataset, layout),
                {"YES": True, "NO": False}.get(said),
            )


def _decoded(
    file: DicomFile,
    header: Header,
    layout: PixelLayout,
    path: Path,
    only: Container[int] | None,
) -> Iterator[tuple[int, NDArray[Any], str]]:
    """Yield number, samples and colour model of the frames numbered in `only` (all if None)."""
    if is_native(header):
        for index, samples in native_frames(file, header, layout, path, only):
            yield index, samples, layout.photometric
    else:
        yield from compressed_frames(file, header, layout, path, only)
