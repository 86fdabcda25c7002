"""Which attribute or labels of a CVAT project hold the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lusscore.cohort.importers.cvat.frames import Mark, MarkedFrame
from lusscore.cohort.importers.reading.score_words import names_a_score, read_score
from lusscore.errors import CohortError

_UNDEFINED = "__undefined__"  # the value that CVAT offers for "not chosen"


@dataclass(frozen=True)
class ScoreSource:
    """Where on a mark the score stands.

    Attributes
    ----------
    attribute
        Name of the attribute that holds it; empty where it is in the label.
    label
        The label that alone has it, or what such labels begin with; empty for any.
    """

    attribute: str = ""
    label: str = ""

    def read(self, mark: Mark) -> int | None:
        """Return a mark's score; None where it tells none.

        Raises
        ------
        ValueError
            If its attribute holds what is no score; the text says so.
        """
        if self.attribute:
            if self.label not in ("", mark.label):
                return None
            text = mark.attributes.get(self.attribute, "")
            return None if text == _UNDEFINED else read_score(text)
        return _in_label(mark.label, self.label)


def find_score_source(
    frames: Sequence[MarkedFrame], chosen: str | None, source: object
) -> ScoreSource:
    """Decide where the score stands.

    Where the user says: an attribute, or a label or the beginning of labels. Else in the only
    attribute that is called so (``score``, ``LUS``, …); else in labels such as ``score 2``.

    Raises
    ------
    CohortError
        If what the user names is not there, or none or several could be meant.
    """
    marks = [mark for frame in frames for mark in frame.marks]
    attributes = sorted({name for mark in marks for name in mark.attributes})
    labels = sorted({mark.label for mark in marks})
    if chosen is not None:
        if chosen in attributes:
            return ScoreSource(chosen)
        return _of_label(chosen, marks, source)
    named = [name for name in attributes if names_a_score(name)]
    if len(named) == 1:
        return ScoreSource(named[0])
    if not marks or (not named and any(_in_label(label, "") is not None for label in labels)):
        return ScoreSource()
    raise CohortError(
        f"{source}: {'several attributes' if named else 'neither an attribute nor a label'} could "
        "hold the scores 0–3; say what does with --column score=NAME, one of "
        f"{', '.join(named or [*attributes, *labels])}."
    )


def _of_label(chosen: str, marks: Sequence[Mark], source: object) -> ScoreSource:
    if any(_in_label(mark.label, chosen) is not None for mark in marks):
        return ScoreSource(label=chosen)
    inside = {name for mark in marks if mark.label == chosen for name in mark.attributes}
    named = sorted(name for name in inside if names_a_score(name)) or sorted(inside)
    if len(named) == 1:
        return ScoreSource(named[0], chosen)
    there = sorted({mark.label for mark in marks} | {n for mark in marks for n in mark.attributes})
    raise CohortError(
        f"{source} has no attribute {chosen!r}, no labels such as '{chosen} 2' and no label "
        f"{chosen!r} with one attribute; it has {', '.join(there) or 'no labels'}."
    )


def _in_label(label: str, beginning: str) -> int | None:
    if not label.startswith(beginning) or label == beginning:
        return None
    try:
        return read_score(label[len(beginning) :])
    except ValueError:
        return None
