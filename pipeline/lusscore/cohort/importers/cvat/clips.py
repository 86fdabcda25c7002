"""The clips that the tasks of a CVAT export show, with the frames marked in each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lusscore.clips import image_files
from lusscore.cohort.importers.cvat.frames import MarkedFrame
from lusscore.cohort.importers.cvat.tasks import CvatTask
from lusscore.cohort.importers.reading.media_index import MediaIndex, path_parts
from lusscore.errors import ClipError, Problem

_OF_VIDEO = re.compile(r"frame_\d{6,}")


@dataclass(frozen=True)
class CvatClip:
    """A clip, as one task shows it.

    Attributes
    ----------
    path
        The video, the image or the folder of images.
    task
        The task.
    written
        How the export names the clip: the video's or the first image's name.
    frames
        Number in the clip → frame. For an image: 0.
    """

    path: Path
    task: CvatTask
    written: str
    frames: dict[int, MarkedFrame]

    @property
    def where(self) -> str:
        """The place in the export, as a person would look for it."""
        return f"{self.task.where}, {self.written}"


OwnerOf = Callable[[CvatClip], Sequence[str]]


def clips_of(
    task: CvatTask,
    frames: Sequence[MarkedFrame],
    index: MediaIndex,
    owner_of: OwnerOf,
    problems: list[Problem],
) -> Iterator[CvatClip]:
    """Yield the clips of a task: its video, or its images.

    Parameters
    ----------
    task, frames
        The task and its frames.
    index
        The folder of the clips.
    owner_of
        Tells whose an image is: patient, exam and zone, empty where unknown. The images of one
        folder are one clip unless they differ in that.
    problems
        Grows by clips that are not found.
    """
    if task.video:
        path = _find(index, task.video, task.where, problems)
        if path is not None:
            numbered = {frame.number - task.offset: frame for frame in frames}
            yield CvatClip(path, task, task.video, numbered)
    elif any(not frame.image or _OF_VIDEO.fullmatch(frame.image) for frame in frames):
        problems.append(
            Problem(
                task.where,
                "does not name its clip: CVAT leaves that out of the export of a single job, and "
                "names no images in 'CVAT for video'; export the task, of images as 'CVAT for "
                "images 1.1'",
            )
        )
    else:
        singles = [
            CvatClip(path, task, frame.image, {0: frame})
            for frame in frames
            if (path := _find(index, frame.image, task.where, problems)) is not None
        ]
        named: dict[Path, str] = {}
        for image in singles:
            other = named.setdefault(image.path, image.written)
            if other != image.written:
                what = f"{image.written!r} is not there, only {other!r}; add it to {index.folder}"
                problems.append(Problem(task.where, what))
        yield from _by_folder(singles, owner_of)


def _by_folder(images: Sequence[CvatClip], owner_of: OwnerOf) -> Iterator[CvatClip]:
    """Yield the images of a folder as one clip where they are of one owner, else each."""
    folders: dict[tuple[str, Path], list[CvatClip]] = {}
    for image in images:
        named = image.written.replace("\\", "/").rpartition("/")[0]
        folders.setdefault((named, image.path.parent), []).append(image)
    for (named, folder), members in folders.items():
        files = {path: number for number, path in enumerate(_images(folder))}
        together = named and all(image.path in files for image in members)
        if together and _agree(map(owner_of, members)):
            frames = {files[image.path]: image.frames[0] for image in members}
            yield CvatClip(folder, members[0].task, members[0].written, frames)
        else:
            yield from members


def _images(folder: Path) -> list[Path]:
    try:
        return image_files(folder)
    except ClipError:  # DICOM files, say
        return []


def _agree(owners: Iterable[Sequence[str]]) -> bool:
    """Tell whether no two owners differ in what both tell."""
    return all(len(set(filter(None, words))) <= 1 for words in zip(*owners, strict=True))


def _find(index: MediaIndex, written: str, where: str, problems: list[Problem]) -> Path | None:
    """Find a clip by as much of its path as agrees with the folders of the clips."""
    failure = f"{written!r} names no file"
    try:
        path = index.find_end(path_parts(written))
    except LookupError as error:
        failure = str(error)
    else:
        if path.is_file() and not path.name.startswith("."):
            return path
    problem = Problem(where, f"{failure}, or --media with the folder it is in")
    if problem not in problems:
        problems.append(problem)
    return None
