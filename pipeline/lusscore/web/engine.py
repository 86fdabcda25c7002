"""What the page needs of a scorer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lusscore.labelling import NewCohort
from lusscore.scoring.scored import ExamClip, ScoredClip, ScoredExam


@dataclass(frozen=True)
class ModelFacts:
    """What the page tells of the model.

    Attributes
    ----------
    id, name, created, digest
        Of the training.
    protocol, rubric
        Those of the training cohort.
    synthetic
        Whether no patient was ever scanned.
    card
        The model card: plain JSON values under headings.
    whole_clips
        Whether clips are scored as a whole: frames then have no scores of their own.
    """

    id: str
    name: str
    created: str
    digest: str
    protocol: str
    rubric: str
    synthetic: bool
    card: Mapping[str, Any]
    whole_clips: bool


class Scoring(Protocol):
    """Scores exams and writes them down; one thread scores at a time."""

    @property
    def facts(self) -> ModelFacts:
        """What to tell of the model."""

    @property
    def new_cohort(self) -> NewCohort:
        """What a cohort is made with that is to train the next model."""

    def score(
        self,
        clips: Sequence[ExamClip],
        *,
        name: str,
        progress: Callable[[int, int], None],
        stop: threading.Event,
    ) -> ScoredExam:
        """Score clips; `progress` gets frames done and frames in all."""

    def assemble(self, name: str, clips: Sequence[ScoredClip]) -> ScoredExam:
        """Sum scored clips up anew, without looking at frames."""

    def page(self, exam: ScoredExam, *, names: bool) -> str:
        """Return the report as HTML that needs nothing else, with names of files or without."""

    def plain(self, exam: ScoredExam, *, names: bool) -> Mapping[str, Any]:
        """Return all numbers as what JSON can hold, with names of files or without."""

    def clips_table(self, exam: ScoredExam) -> str:
        """Return the clips' scores as CSV."""

    def zones_table(self, exam: ScoredExam) -> str:
        """Return the zones' scores as CSV."""

    def close(self) -> None:
        """Let go of what was opened."""
