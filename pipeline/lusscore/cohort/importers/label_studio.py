"""Label Studio: scores that annotators gave to clips, or to frames of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise
from pathlib import Path

from lusscore.cohort.importers.fields import may_be_scores, names_a_score, read_choice_score
from lusscore.cohort.importers.label_studio_export import (
    SUFFIXES,
    LabelTask,
    Result,
    read_export,
)
from lusscore.cohort.importers.label_studio_media import ClipFinder
from lusscore.cohort.importers.media import (
    MediaIndex,
    frame_count,
    frames_shown,
    label_level_of,
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

_NO_FRAME_RATE = (
    "Ranges were taken for the clips' own frames, which holds only if the framerate of the Video "
    "tag (24 by default) is that of the clips; otherwise give it with --column fps=NUMBER."
)
_Frames = tuple[int, int | None]
_Scored = tuple[int, int | None, int]
"""Half-open range of frames, and their score."""


@dataclass(frozen=True)
class _Clip:
    """A clip, the task that shows it, and its path below the folder of clips."""

    path: Path
    task: LabelTask
    name: str

    @property
    def names(self) -> dict[str, str]:
        return {"file": self.name}

    @property
    def where(self) -> str:
        return self.task.where

    def values(self, name: str) -> list[str]:
        return self.task.values(name)


@register_importer(
    "label-studio", "an export of Label Studio: JSON, JSON-MIN, CSV or TSV", "columns", "media"
)
def import_label_studio(source: Path, options: ImportOptions) -> Imported:
    """Read an export of a Label Studio project: JSON, JSON-MIN, CSV or TSV.

    Every annotation that was not cancelled is what one rater said; of two by the same annotator
    the later counts. Predictions are never labels. A task that nobody scored stays unlabelled.
    Clips are looked for below ``options.media``, or below the folder in which the export lies.
    """
    export = _find_export(source)
    job = Import(export, options)
    owners = OwnerReader(job, "clip", "score", "fps")
    tasks = read_export(export, job)
    control = _find_score_control(tasks, options.columns, export)
    index = MediaIndex(options.media or export.parent)
    finder = ClipFinder(job, index)
    clips = [
        _Clip(path, task, path.relative_to(index.folder).as_posix())
        for task in tasks
        if (path := finder.find(task)) is not None
    ]
    protocol = owners.choose_protocol(clips)
    raters = _name_raters(one.annotator for task in tasks for one in task.annotations)
    segments: list[Segment] = []
    for clip, unlabelled in zip(clips, owners.read(clips, protocol), strict=True):
        if unlabelled is None:
            continue
        rate = _frame_rate(clip.task, job)
        labelled = [
            replace(
                unlabelled,
                score=score,
                frame_start=start,
                frame_end=end,
                rater=raters[annotation.annotator],
            )
            for annotation in clip.task.latest
            for start, end, score in _scored(
                [one for one in annotation.results if one.control == control], clip, rate, job
            )
        ]
        segments += labelled or [unlabelled]
    return job.finish(
        segments,
        name=cohort_name(export.stem),
        protocol=protocol.name,
        source=f"Label Studio export {export.name}",
        label_level=label_level_of(segments),
    )


def _find_export(source: Path) -> Path:
    if source.is_file() and source.suffix.lower() in SUFFIXES:
        return source
    expected = "expected a Label Studio export: one .json, .csv or .tsv file, or its folder"
    if not source.is_dir():
        raise CohortError(f"there is no export here; {expected}", path=source)
    found = sorted(path for path in source.iterdir() if path.suffix.lower() in SUFFIXES)
    if len(found) != 1:
        names = f": {', '.join(path.name for path in found)}" if found else ""
        raise CohortError(f"it holds {len(found)} such files{names}; {expected}", path=source)
    return found[0]


def _find_score_control(
    tasks: Sequence[LabelTask], columns: Mapping[str, str], source: Path
) -> str | None:
    """Return the control that holds the score; None when nothing is annotated.

    The one that the user names; else the only one that is called so (``score``, ``LUS``, …); else
    the only one whose values are scores.
    """
    said: dict[str, list[str]] = {}
    for task in tasks:
        for annotation in task.annotations:
            for result in annotation.results:
                said.setdefault(result.control, []).extend(result.words)
    chosen = columns.get("score")
    if not said or chosen in said:
        return chosen
    if chosen is not None:
        raise CohortError(
            f"it has no control {chosen!r}",
            advice=f"choose with --column score= one of {', '.join(sorted(said))}",
            path=source,
        )
    others = {"clip", "patient", "exam", "zone", "group", "device", "fps"}
    others |= {columns[word] for word in others & columns.keys()}
    free = {control: words for control, words in said.items() if control not in others}
    named = [control for control in free if names_a_score(control)]
    fitting = named or [control for control, words in free.items() if may_be_scores(words)]
    if len(fitting) == 1:
        return fitting[0]
    raise CohortError(
        f"{'several controls' if fitting else 'no control'} could hold the scores 0–3",
        advice=f"choose with --column score= one of {', '.join(sorted(fitting or said))}",
        path=source,
    )


def _name_raters(annotators: Iterable[str]) -> dict[str, str]:
    """Name annotators by their numbers; give those with e-mail addresses the numbers left."""
    everyone = [who for who in dict.fromkeys(annotators) if who]
    names = {who: f"annotator {int(who)}" for who in everyone if re.fullmatch("[0-9]{1,18}", who)}
    taken = set(names.values())
    free = (name for number in count(1) if (name := f"annotator {number}") not in taken)
    return {who: names.get(who) or next(free) for who in everyone} | {"": ""}


def _frame_rate(task: LabelTask, job: Import) -> float | None:
    """Return what ``--column fps=`` says, a number or the field that holds it; None for nothing."""
    chosen = job.options.columns.get("fps")
    if chosen is None:
        return None
    text = next(iter(task.values(chosen)), chosen)
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if 0 < rate < math.inf:
        return rate
    job.problem(task.where, f"{text!r} is no number of frames per second for --column fps")
    return None


def _scored(
    results: Iterable[Result], clip: _Clip, rate: float | None, job: Import
) -> list[_Scored]:
    """Return which frames one annotator gave which score."""
    scored: list[_Scored] = []
    for one in results:
        where = f"{clip.where}, {one.control}"
        word = "".join(one.words)
        if len(one.words) > 1:
            job.problem(where, f"says {listed(one.words)}; expected one score")
            continue
        try:
            score = read_choice_score(word)
            if score is None:
                job.ignored.append(f"{clip.where}: {one.control} {word or 'without a value'}")
                continue
            scored += [(start, end, score) for start, end in _frames_of(clip.path, one, rate)]
        except ValueError as error:
            job.problem(where, str(error))
            continue
        except ClipError as error:
            job.problem(where, error.without_path(), clip.name)
            continue
        if one.ranges and rate is None and _NO_FRAME_RATE not in job.notes:
            job.notes.append(_NO_FRAME_RATE)
    return _without_shared_frames(scored)


def _without_shared_frames(scored: Iterable[_Scored]) -> list[_Scored]:
    """Give a frame in which one range ends and the next begins to the next alone.

    Ranges that are drawn one after the other share it, since both their ends count.
    """
    ordered = sorted(scored, key=lambda one: one[0])
    parted = [
        (start, following if end is not None and end - 1 == following > start else end, score)
        for (start, end, score), (following, _, _) in pairwise(ordered)
    ]
    return [*parted, *ordered[-1:]]


def _frames_of(path: Path, result: Result, rate: float | None) -> Iterator[_Frames]:
    """Yield the half-open ranges of frames that a result is of; None is the clip's end.

    `rate` is the frames per second by which Label Studio counted, the ``framerate`` of its Video
    tag; None when it is that of the clip.
    """
    if result.seconds is not None:
        yield frames_shown(path, *result.seconds)
    elif not result.ranges:
        yield 0, None
    for first, last in result.ranges:  # none where there are seconds
        if not 1 <= first <= last:
            raise ValueError(f"the range {first}–{last} is no range of frames counted from 1")
        if rate is not None:
            yield frames_shown(path, (first - 1) / rate, last / rate)
            continue
        frames = frame_count(path)
        # Label Studio rounds the number of frames up
        if first > frames or last > frames + 1:
            raise ValueError(
                f"the range {first}–{last} goes beyond the clip's {frames} frames: Label Studio "
                "counts by the framerate of its Video tag; give the one it had with --column "
                "fps=NUMBER"
            )
        yield first - 1, min(last, frames)
