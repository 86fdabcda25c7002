"""Which clips a run computes, and for which backbones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lusscore.cohort import Cohort
from lusscore.errors import ClipError
from lusscore.features.computing.job import Job
from lusscore.features.file.layout import PlannedClip


@dataclass(frozen=True)
class Work:
    """A clip to compute.

    Attributes
    ----------
    clip
        The clip and its frames.
    path
        Where it lies.
    wanting
        The jobs that lack it, each with the clip's row in its file.
    strict
        Whether a failure ends the run.
    """

    clip: PlannedClip
    path: Path
    wanting: tuple[tuple[Job, int], ...]
    strict: bool = False

    def end(self, error: str = "") -> None:
        """Mark the clip done where `error` is empty, else record it.

        Raises
        ------
        ClipError
            If it failed and the run is strict.
        """
        for job, row in self.wanting:
            if error:
                job.fail(self.clip, row, error)
            else:
                job.finish(self.clip, row)
        broken = error or next(
            (job.outcome.failed[self.clip.path] for job, row in self.wanting if row in job.broken),
            "",
        )
        if broken and self.strict:
            raise ClipError(
                f"{broken} Stopped here because of --strict; clips that were finished are kept."
            )


def make_agenda(
    jobs: Sequence[Job], planned: Sequence[PlannedClip], cohort: Cohort, *, strict: bool
) -> list[Work]:
    """List the clips to compute; record those that cannot be read.

    Raises
    ------
    ClipError
        If one cannot be read and the run is strict.
    """
    rows = [job.store.clips() for job in jobs]
    agenda = []
    for clip in planned:
        wanting = tuple(
            (job, row[clip.path])
            for job, row in zip(jobs, rows, strict=True)
            if row[clip.path] in job.todo
        )
        if not wanting:
            continue
        work = Work(clip, cohort.clip_path(clip.path), wanting, strict)
        if clip.error:
            work.end(clip.error)
        else:
            agenda.append(work)
    return agenda
