"""Which control of a Label Studio project holds the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lusscore.cohort.importers.label_studio.tasks import LabelTask
from lusscore.cohort.importers.label_studio.words import may_be_scores
from lusscore.cohort.importers.reading.score_words import names_a_score
from lusscore.errors import CohortError

_OTHER_WORDS = ("clip", "patient", "exam", "zone", "group", "device", "fps")


def find_score_control(
    tasks: Sequence[LabelTask], columns: Mapping[str, str], source: object
) -> str | None:
    """Return the control that holds the score; None when nothing is annotated.

    The one that the user names; else the only one that is called so (``score``, ``LUS``, …); else
    the only one whose values are scores.

    Raises
    ------
    CohortError
        If the control named is not there, or none or several could be meant.
    """
    said: dict[str, list[str]] = {}
    for task in tasks:
        for opinion in task.opinions:
            for told in opinion.told:
                said.setdefault(told.control, []).extend(told.words)
    chosen = columns.get("score")
    if chosen is not None:
        if said and chosen not in said:
            raise CohortError(
                f"{source} has no control {chosen!r}; expected --column score= with one of "
                f"{', '.join(sorted(said))}."
            )
        return chosen
    if not said:
        return None
    others = set(_OTHER_WORDS) | {columns[word] for word in _OTHER_WORDS if word in columns}
    free = {control: words for control, words in said.items() if control not in others}
    named = [control for control in free if names_a_score(control)]
    if len(named) == 1:
        return named[0]
    fitting = named or [control for control, words in free.items() if may_be_scores(words)]
    if len(fitting) == 1:
        return fitting[0]
    raise CohortError(
        f"{source}: {'several controls' if fitting else 'no control'} could hold the scores 0–3; "
        f"say which with --column score=CONTROL, one of {', '.join(sorted(fitting or said))}."
    )
