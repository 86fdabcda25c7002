"""A clip whose label would help, and why."""

from __future__ import annotations

from dataclasses import dataclass

from lusscore.cohort import Segment

_CLOSE = 0.15


@dataclass(frozen=True)
class Suggestion:
    """One unlabelled row of a manifest that is worth a label.

    Attributes
    ----------
    rank
        From 1, in the order in which they were chosen.
    segment
        The row: clip, patient, exam, zone and frames.
    probabilities
        Of scores 0–3 by a head that was trained on the labels there are; None where there are too
        few to train one.
    uncertainty
        Of that head, from 0 to 1 (all scores as likely); None without one.
    stands_for
        Unlabelled clips, itself among them, that are more like it than like anything labelled or
        another one suggested.
    new_patient
        Whether nothing of its patient is labelled.
    """

    rank: int
    segment: Segment
    probabilities: tuple[float, float, float, float] | None
    uncertainty: float | None
    stands_for: int
    new_patient: bool

    @property
    def predicted(self) -> int | None:
        """The most probable score; None without a head."""
        if self.probabilities is None:
            return None
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)

    @property
    def reason(self) -> str:
        """Why it was chosen, in a few words."""
        if self.probabilities is None:
            return self.blind_reason
        first, second = sorted(range(4), key=self.probabilities.__getitem__)[:1:-1]
        close = self.probabilities[first] - self.probabilities[second] < _CLOSE
        return f"{first} or {second}, {self.blind_reason}" if close else self.blind_reason

    @property
    def blind_reason(self) -> str:
        """The same without what a head would say, for one who is to judge alone."""
        alone = self.stands_for == 1
        told = "unlike the others" if alone else f"stands for {self.stands_for} clips"
        # no comma or semicolon, at which a spreadsheet would divide it
        return f"first of its patient and {told}" if self.new_patient else told
