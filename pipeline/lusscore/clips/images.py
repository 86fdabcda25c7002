"""Single images, images of several pages, and folders of images."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from lusscore.clips.facts import ClipFacts, Region
from lusscore.clips.folders import listing
from lusscore.clips.frame import Frame
from lusscore.clips.image_file import ImageHead, read_head, read_pages
from lusscore.clips.limits import check_frame_count
from lusscore.clips.readers import naming, register_reader
from lusscore.errors import ClipError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


@register_reader
class ImageReader:
    """Reads an image as a clip: one frame, or as many as it has pages or moving pictures."""

    kind = "image"
    suffixes: tuple[str, ...] = IMAGE_SUFFIXES

    def accepts(self, path: Path) -> bool:
        """Tell whether the suffix is that of an image."""
        return path.suffix.lower() in IMAGE_SUFFIXES

    def times(self, path: Path) -> Iterator[float]:
        """Yield the time of each frame once it is read; raise ClipError as :meth:`frames`."""
        return (frame.time for frame in self.frames(path, None))

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the image's frames numbered in `only` (all if None).

        Raises
        ------
        ClipError
            If the file is not an image, is cut short, or is larger than
            :mod:`lusscore.clips.limits` allows.
        """
        return read_pages(path, only)

    def facts(self, path: Path) -> ClipFacts:
        """Read the image's header; raise ClipError as :meth:`frames` does."""
        return _facts(self.kind, read_head(path))

    def regions(self, path: Path) -> tuple[Region, ...]:
        """Return nothing: only DICOM declares regions."""
        return ()


@register_reader
class ImageFolderReader:
    """Reads a folder of images as a clip, in the natural order of their names."""

    kind = "image folder"
    suffixes: tuple[str, ...] = ()

    def accepts(self, path: Path) -> bool:
        """Tell whether `path` is a folder."""
        return path.is_dir()

    def times(self, path: Path) -> Iterator[float]:
        """Yield NaN for each frame once it is read; raise ClipError as :meth:`frames`."""
        return (frame.time for frame in self.frames(path, None))

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the folder's images whose numbers are in `only` (all if None).

        Raises
        ------
        ClipError
            If the folder holds no image, one that cannot be read or has several pages, or more
            than :mod:`lusscore.clips.limits` allows.
        """
        files = image_files(path)
        check_frame_count(len(files))
        for index, file in enumerate(files):
            if only is not None and index not in only:
                continue
            with naming(file, f"image {index + 1} of {len(files)}"):
                pages = list(islice(read_pages(file, None), 2))
                if len(pages) > 1:
                    raise ClipError(
                        "the image has several pages, but in a folder each file is one frame",
                        advice="move it out of the folder, where it is a clip of its own",
                    )
            yield from (Frame(index, math.nan, page.rgb) for page in pages)

    def facts(self, path: Path) -> ClipFacts:
        """Read the first image's size and the metadata of all; raise ClipError as frames do."""
        heads = []
        for index, file in enumerate(files := image_files(path), start=1):
            with naming(file, f"image {index} of {len(files)}"):
                heads.append(read_head(file))
        names = sorted({name for head in heads for name in head.identifiers})
        return replace(_facts(self.kind, heads[0]), identifiers=tuple(names))

    def regions(self, path: Path) -> tuple[Region, ...]:
        """Return nothing: only DICOM declares regions."""
        return ()


def image_files(folder: Path) -> list[Path]:
    """List a folder's images so that ``frame2`` comes before ``frame10``.

    Raises
    ------
    ClipError
        If there is none, or the folder cannot be read.
    """
    try:
        files = [file for file in listing(folder) if file.suffix.lower() in IMAGE_SUFFIXES]
    except OSError as error:
        raise ClipError(
            f"the folder cannot be read ({error.strerror or 'unknown reason'})",
            advice="check that it is there and may be read",
            path=folder,
        ) from None
    if not files:
        raise ClipError(
            f"the folder holds no images; expected files ending in {', '.join(IMAGE_SUFFIXES)}",
            advice="leave it out, or put the images there",
            path=folder,
        )
    return files


def _facts(kind: str, head: ImageHead) -> ClipFacts:
    return ClipFacts(kind, head.height, head.width, head.frame_rate, identifiers=head.identifiers)
