"""The errors a user can meet: one tree, one sentence each, and its parts apart.

Every message names the thing, the place, what was expected and what to do next. The command
line prints the message and exits with code 2; anything outside this tree is a bug. Paths are kept
apart from the sentence: a terminal shows them, a report, log or page never does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


class LusscoreError(Exception):
    """Root of everything that is the input's fault and not the program's.

    Parameters
    ----------
    what
        What is wrong and what was expected, without a path: folders may be named after people.
    where
        The place in a file or a command, as a person would look for it: ``"line 7"``.
    advice
        What to do next, as one clause.
    path
        The file or folder that it is about.
    problems
        All that is wrong with one input, in reading order, where it is more than one thing.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        advice: str = "",
        path: Path | str | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.advice = advice
        self.path = path
        self.problems = tuple(problems)

    def __str__(self) -> str:
        places = [str(place) for place in (self.path, self.where) if place]
        return _sentence(": ".join([*places, self.what]), self.advice, map(str, self.problems))

    def without_path(self) -> str:
        """Return the message for those who must not learn where on this machine it happened."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        problems = (f"{problem.where}: {problem.what}" for problem in self.problems)
        return _sentence(text[:1].upper() + text[1:], self.advice, problems)


def _sentence(text: str, advice: str, problems: Iterable[str]) -> str:
    text = f"{text.rstrip('.')}; {advice}" if advice else text
    lines = [f"  {problem}" for problem in problems]
    if lines:
        return "\n".join([f"{text.rstrip('.:')}:", *lines])
    return text if text.endswith((".", "!", "?")) or "\n" in text else f"{text}."


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
        super().__init__(
            f"it is damaged: {what}",
            advice=f"run 'lusscore features {path.parent.name}', which packs it anew from the "
            "cache and computes only what was lost",
            path=path,
        )
        self.args = (path, what)  # from which it is made again in another process


class HeadError(LusscoreError):
    """A head cannot be trained on what it was given."""


class RunError(LusscoreError):
    """A run folder is missing, incomplete or already taken."""


class BundleError(LusscoreError):
    """A bundle is missing, damaged, altered or of a later schema, or cannot be made."""


class ExamError(LusscoreError):
    """An exam cannot be read or scored as asked for."""


class PluginError(LusscoreError):
    """A plug-in cannot be read or run, or is not the same everywhere."""


class WriteError(LusscoreError, OSError):
    """A file or folder cannot be written; what was there is as it was.

    It is an OSError, too, so that those who can go on without the file do.
    """

    def __init__(self, path: Path, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        super().__init__(
            f"it cannot be written ({reason})",
            path=path,
            advice="free space, or choose another place, and do the same again",
        )
        self.args = (path, error)  # from which it is made again in another process
        self.errno, self.strerror = error.errno, reason

    __str__ = LusscoreError.__str__


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
    """All that is wrong with one input file, named at once."""

    @classmethod
    def of(cls, source: Path | str, problems: Sequence[Problem]) -> InvalidCohortError:
        """Make it of at least one problem with a file, or what else the user calls it."""
        noun = "problem" if len(problems) == 1 else "problems"
        named = isinstance(source, Path)
        return cls(
            f"{'it' if named else source} has {len(problems)} {noun}",
            advice="correct and run again",
            path=source if named else None,
            problems=problems,
        )
