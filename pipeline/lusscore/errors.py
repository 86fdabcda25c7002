"""The errors a user can meet: one tree, one sentence each.

Every message names the thing, the place, what was expected and what to do next. The command
line prints the message and exits with code 2; anything outside this tree is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class LusscoreError(Exception):
    """Root of everything that is the input's fault and not the program's."""


class ClipError(LusscoreError):
    """A clip cannot be read as lung ultrasound frames."""


class CohortError(LusscoreError):
    """A cohort's card, manifest or folder is not what it must be."""


class FoldError(LusscoreError):
    """Patients cannot be divided into the folds asked for, or saved folds do not hold."""


class BackboneError(LusscoreError):
    """A backbone is unknown or cannot be built."""


class WeightsError(BackboneError):
    """The weights of a backbone are missing or are not what they claim."""


class EngineError(LusscoreError):
    """An engine cannot run on this machine."""


class FeatureFileError(LusscoreError):
    """A feature file is missing, damaged, stale, or cannot be written."""


class DamagedFileError(FeatureFileError):
    """A feature file holds what no lusscore wrote.

    Parameters
    ----------
    path
        The file.
    what
        What is wrong with it, as one clause.
    """

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self.what = what
        super().__init__(
            f"{path} is damaged: {what}; run 'lusscore features {path.parent.name}', which packs "
            "it anew from the cache and computes only what was lost."
        )


class HeadError(LusscoreError):
    """A head cannot be trained on what it was given."""


class RunError(LusscoreError):
    """A run folder is missing, incomplete or already taken."""


class BundleError(LusscoreError):
    """A bundle is missing, damaged, altered or of a later schema, or cannot be made."""


class ExamError(LusscoreError):
    """An exam cannot be read or scored as asked for."""


class ServeError(LusscoreError):
    """The local page cannot be served as asked for."""


class BenchError(LusscoreError):
    """A measurement cannot be made as asked for."""


class PrivacyError(LusscoreError):
    """What tells who a patient is cannot be taken out as asked for."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong at one place of an input file.

    Attributes
    ----------
    where
        The place, as a person would look for it: ``"line 7, column score"``.
    what
        What stands there and what was expected, as one clause.
    clip
        Path of the clip that it is about, as the file writes it; empty where it is about none.
        It is kept apart from `what`, because its folders may be named after people.
    """

    where: str
    what: str
    clip: str = ""

    def __str__(self) -> str:
        clip = f" (clip {self.clip!r})" if self.clip else ""
        return f"{self.where}: {self.what}{clip}"


class InvalidCohortError(CohortError):
    """All that is wrong with one input file, told at once.

    Parameters
    ----------
    source
        The file, as the user named it.
    problems
        At least one problem, in reading order.
    """

    def __init__(self, source: object, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{source} has {count} {noun}; correct and run again:\n{lines}")
