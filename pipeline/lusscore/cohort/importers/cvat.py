"""CVAT: scores that annotators gave to frames of videos and to images."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lusscore.clips import image_files
from lusscore.cohort.importers.cvat_export import CvatTask, Mark, MarkedFrame, read_export
from lusscore.cohort.importers.fields import names_a_score, read_score
from lusscore.cohort.importers.media import (
    MediaIndex,
    MissingClipError,
    frame_count,
    path_parts,
)
from lusscore.cohort.importers.owners import OwnerReader
from lusscore.cohort.importers.registry import (
    Import,
    Imported,
    ImportOptions,
    cohort_name,
    register_importer,
)
from lusscore.cohort.segments import Segment
from lusscore.errors import ClipError, CohortError
from lusscore.wording import listed

_FRAME_OF_VIDEO = re.compile(r"frame_\d{6,}")
_UNDEFINED = "__undefined__"  # the value that CVAT offers for "not chosen"


@dataclass(frozen=True)
class _Clip:
    """A video, an image or a folder of images, as one task shows it.

    `written` is how the export names it, or its first image. `frames` have their numbers in the
    clip; an image's is 0.
    """

    path: Path
    task: CvatTask
    written: str
    frames: Mapping[int, MarkedFrame]

    @property
    def where(self) -> str:
        return f"{self.task.where}, {self.written}"

    @cached_property
    def marks(self) -> list[Mark]:
        return [mark for frame in self.frames.values() for mark in frame.marks]

    @property
    def names(self) -> dict[str, str]:
        labels = dict.fromkeys(mark.label for mark in self.marks)
        return {"file": self.written, "task": self.task.name, "label": " and ".join(labels)}

    def values(self, name: str) -> list[str]:
        values = dict.fromkeys(mark.attributes.get(name, "") for mark in self.marks)
        return [value for value in values if value]


@register_importer(
    "cvat",
    "annotations of CVAT: 'CVAT for video 1.1' or 'CVAT for images 1.1'",
    "columns",
    "media",
)
def import_cvat(source: Path, options: ImportOptions) -> Imported:
    """Read the exports of CVAT tasks or of a project, an XML file or a folder of them.

    Each frame has the score of its tags and shapes; who was assigned the task is the rater. What
    a model marked and nobody changed is no label. Clips are looked for below ``options.media``,
    or below the folder of the export.
    """
    job = Import(source, options)
    owners = OwnerReader(job, "score")
    exports = [read_export(path, job) for path in _find_exports(source)]
    tasks = [task for tasks, _ in exports for task in tasks]
    marks = [mark for task in tasks for frame in task.frames for mark in frame.marks]
    score_of = _find_score(marks, options.columns.get("score"), source)
    index = MediaIndex(options.media or (source if source.is_dir() else source.parent))
    clips = [clip for task in tasks for clip in _clips_of(task, index, owners, job)]
    protocol = owners.choose_protocol(clips)
    # what nobody marked cannot name its patient in an attribute, and is left out
    kept: list[_Clip] = []
    for clip in clips:
        if clip.marks or owners.value("patient", clip):
            kept.append(clip)
        else:
            job.ignored.append(clip.written)
    raters = _name_raters(task.assignee for task in tasks)
    segments = [
        segment
        for clip, unlabelled in zip(kept, owners.read(kept, protocol), strict=True)
        if unlabelled is not None
        for segment in _segments_of(
            clip, replace(unlabelled, rater=raters[clip.task.assignee]), score_of, job
        )
    ]
    if not segments and not job.problems:
        raise CohortError(
            "it names no clips of known patients",
            advice="export tasks that have videos or images",
            path=source,
        )
    if by_models := sum(count for _, count in exports):
        job.notes.append(
            f"{by_models} annotations were made by a model and left out; only people label."
        )
    return job.finish(
        segments,
        name=cohort_name(source.resolve().stem),
        protocol=protocol.name,
        source=f"CVAT export {source.resolve().name}",
        label_level="frame",
    )


def _find_exports(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    found = sorted(source.rglob("*.xml")) if source.is_dir() else []
    if not found:
        raise CohortError(
            "there is no export here; expected annotations.xml as CVAT writes it, or a folder with "
            "such files. Unpack the ZIP file that CVAT gives.",
            path=source,
        )
    return found


def _find_score(
    marks: Sequence[Mark], chosen: str | None, source: Path
) -> Callable[[Mark], int | None]:
    """Return what reads a mark's score, and raises ValueError for what is none.

    It is where the user says: an attribute, or a label or the beginning of labels. Else in
    the only attribute that is called so (``score``, ``LUS``, …), else in labels like ``score 2``.
    """
    attributes = sorted({name for mark in marks for name in mark.attributes})
    labels = sorted({mark.label for mark in marks})
    inside = {name for mark in marks if chosen in (None, mark.label) for name in mark.attributes}
    named = sorted(filter(names_a_score, inside))
    if chosen in attributes:
        return _in_attribute(str(chosen))
    if any(_in_label(label, chosen or "") is not None for label in labels) and (
        chosen or not named
    ):
        return lambda mark: _in_label(mark.label, chosen or "")
    if chosen is not None:
        fitting = named or sorted(inside)
        if len(fitting) == 1:
            return _in_attribute(fitting[0], chosen)
        raise CohortError(
            f"it has no attribute {chosen!r}, no labels such as '{chosen} 2' and no label "
            f"{chosen!r} with one attribute; it has "
            f"{', '.join(sorted({*labels, *attributes})) or 'no labels'}",
            path=source,
        )
    if len(named) == 1 or not marks:
        return _in_attribute("".join(named))
    raise CohortError(
        f"{'several attributes' if named else 'neither an attribute nor a label'} could hold the "
        "scores 0–3",
        advice=f"choose with --column score= one of {', '.join(named or [*attributes, *labels])}",
        path=source,
    )


def _in_attribute(name: str, label: str | None = None) -> Callable[[Mark], int | None]:
    def read(mark: Mark) -> int | None:
        text = mark.attributes.get(name, "")
        return None if text == _UNDEFINED or label not in (None, mark.label) else read_score(text)

    return read


def _in_label(label: str, beginning: str) -> int | None:
    if not label.startswith(beginning) or label == beginning:
        return None
    try:
        return read_score(label.removeprefix(beginning))
    except ValueError:
        return None


def _clips_of(
    task: CvatTask, index: MediaIndex, owners: OwnerReader, job: Import
) -> Iterator[_Clip]:
    """Yield the clips of a task: its video, or its images."""
    if task.video:
        path = _find(index, task.video, task.where, job)
        if path is not None:
            frames = {frame.number - task.offset: frame for frame in task.frames}
            yield _Clip(path, task, task.video, frames)
        return
    if any(not frame.image or _FRAME_OF_VIDEO.fullmatch(frame.image) for frame in task.frames):
        job.problem(
            task.where,
            "does not name its clip: CVAT leaves that out of the export of a single job, and "
            "names no images in 'CVAT for video'; export the task, of images as 'CVAT for "
            "images 1.1'",
        )
        return
    named: dict[Path, str] = {}
    folders: dict[tuple[str, Path], list[_Clip]] = {}
    for frame in task.frames:
        path = _find(index, frame.image, task.where, job)
        if path is None:
            continue
        other = named.setdefault(path, frame.image)
        if other != frame.image:
            what = f"{frame.image!r} is not there, only {other!r}; add it to {index.folder}"
            job.problem(task.where, what)
        folder = frame.image.replace("\\", "/").rpartition("/")[0]
        image = _Clip(path, task, frame.image, {0: frame})
        folders.setdefault((folder, path.parent), []).append(image)
    for (folder, path), images in folders.items():
        yield from _joined(path, images, owners) if folder else images


def _find(index: MediaIndex, written: str, where: str, job: Import) -> Path | None:
    """Find a clip by as much of its path as agrees with the folders of the clips."""
    failure = f"{written!r} names no file"
    try:
        path = index.find_end(path_parts(written))
        if path.is_file() and not path.name.startswith("."):
            return path
    except LookupError as error:
        if isinstance(error, MissingClipError) and job.not_here(written):
            return None
        failure = str(error)
    job.problem(where, f"{failure}, or --media with the folder it is in")
    return None


def _joined(folder: Path, images: list[_Clip], owners: OwnerReader) -> list[_Clip]:
    """Join the images of a folder to one clip unless what is said of them differs."""
    try:
        numbers = {path: number for number, path in enumerate(image_files(folder))}
    except ClipError:  # DICOM files, say
        return images
    for word in ("patient", "exam", "zone"):
        if len({owners.value(word, image) for image in images} - {""}) > 1:
            return images
    if any(image.path not in numbers for image in images):
        return images
    frames = {numbers[image.path]: image.frames[0] for image in images}
    return [_Clip(folder, images[0].task, images[0].written, frames)]


def _name_raters(assignees: Iterable[str]) -> dict[str, str]:
    """Map user names to raters: themselves, or numbers for those that are e-mail addresses."""
    users = dict.fromkeys(assignees)
    addresses = [user for user in users if "@" in user]
    return {user: user for user in users} | {
        user: f"annotator {number}" for number, user in enumerate(addresses, 1)
    }


def _segments_of(
    clip: _Clip, template: Segment, score_of: Callable[[Mark], int | None], job: Import
) -> Iterator[Segment]:
    """Yield a clip's segments of equal scores; one without a score if no frame has any."""
    scores = _scores_of(clip, score_of, job)
    if not scores:
        yield replace(template, rater="")
        return
    if clip.path.is_file() and not clip.task.video:
        # an image is a clip of one frame, and its segment is the whole clip
        yield replace(template, score=scores[0])
        return
    _check_length(clip, max(scores), job)
    segments: list[Segment] = []
    for frame, score in sorted(scores.items()):
        last = segments[-1] if segments else template
        if (last.frame_end, last.score) == (frame, score):
            segments[-1] = replace(last, frame_end=frame + 1)
        else:  # also after frames that the task's step leaves out: nobody looked at them
            segments.append(replace(template, score=score, frame_start=frame, frame_end=frame + 1))
    yield from segments


def _scores_of(clip: _Clip, score_of: Callable[[Mark], int | None], job: Import) -> dict[int, int]:
    scores: dict[int, int] = {}
    for number, frame in clip.frames.items():
        where = f"{clip.where}, frame {number}"
        found = set()
        for mark in frame.marks:
            try:
                found.add(score_of(mark))
            except ValueError as error:
                job.problem(where, str(error))
        several = sorted(score for score in found if score is not None)
        if len(several) > 1:
            said = listed(list(map(str, several)))
            job.problem(where, f"has the scores {said}; expected one for the frame")
        if several:
            scores[number] = several[0]
    return scores


def _check_length(clip: _Clip, last: int, job: Import) -> None:
    try:
        count = frame_count(clip.path)
    except ClipError:  # which whoever decodes the clip will report
        return
    if last >= count or min(clip.frames) < 0:
        job.problem(
            clip.where,
            f"frame {last} is scored, but the clip has {count} frames, from 0; expected the same "
            "video as in CVAT",
        )
