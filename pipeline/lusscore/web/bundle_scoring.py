"""A bundle as the page's scorer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from lusscore.bundle.bundle import Bundle
from lusscore.labelling import NewCohort
from lusscore.report.exam import exam_page
from lusscore.scoring import Scorer, assemble_exam, exam_csv, exam_json, zones_csv
from lusscore.scoring.scored import ExamClip, ScoredClip, ScoredExam
from lusscore.web.engine import ModelFacts


class BundleScoring:
    """Scores exams with a bundle; its networks are made ready when the first exam comes.

    Parameters
    ----------
    bundle
        What :func:`lusscore.bundle.read.read_bundle` gave.
    threads
        Upper limit of CPU threads; None for all cores.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        self._bundle = bundle
        self._threads = threads
        self._scorer: Scorer | None = None

    @property
    def facts(self) -> ModelFacts:
        """What to tell of the model."""
        one = self._bundle
        return ModelFacts(
            *(one.id, one.name, one.created, one.digest),
            *(one.protocol, one.rubric, one.synthetic, one.card),
            one.scores_whole_clips,
        )

    @property
    def new_cohort(self) -> NewCohort:
        """The bundle's protocol, rubric and settings: cached embeddings can then be of use."""
        one = self._bundle
        return NewCohort(one.protocol, one.rubric, one.extraction)

    def score(
        self,
        clips: Sequence[ExamClip],
        *,
        name: str,
        progress: Callable[[int, int], None],
        stop: threading.Event,
    ) -> ScoredExam:
        """Score clips; `progress` gets frames done and frames in all."""
        if self._scorer is None:
            self._scorer = Scorer(self._bundle, threads=self._threads)
        return self._scorer.score(clips, name=name, progress=progress, stop=stop)

    def assemble(self, name: str, clips: Sequence[ScoredClip]) -> ScoredExam:
        """Sum scored clips up anew, without looking at frames."""
        return assemble_exam(self._bundle, name, clips)

    def page(self, exam: ScoredExam, *, names: bool) -> str:
        """Return the report as HTML that needs nothing else, with names of files or without."""
        created = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return exam_page(exam, self._bundle, created=created, show_names=names)

    def plain(self, exam: ScoredExam, *, names: bool) -> Mapping[str, Any]:
        """Return all numbers as what JSON can hold, with names of files or without."""
        return exam_json(exam, self._bundle, names=names)

    def clips_table(self, exam: ScoredExam) -> str:
        """Return the clips' scores as CSV."""
        return exam_csv(exam, self._bundle)

    def zones_table(self, exam: ScoredExam) -> str:
        """Return the zones' scores as CSV."""
        return zones_csv(exam, self._bundle)

    def close(self) -> None:
        """Let go of the networks' memory."""
        if self._scorer is not None:
            self._scorer.close()
