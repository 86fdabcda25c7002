"""Which values a head's settings may have, told in a sentence where one is out of range."""

from __future__ import annotations

from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions, make_constraint

from lusscore.errors import HeadError
from lusscore.evaluation.models import HeadChoice
from lusscore.heads import make_head


def check_settings(head: HeadChoice) -> None:
    """Refuse settings that a head does not have or whose value is out of its range.

    Raises
    ------
    HeadError
        If no head has that name, or a setting is unknown or not allowed.
    """
    ranges: dict[str, list[Any]] = getattr(make_head(head.name), "_parameter_constraints", {})
    for key, value in head.settings.items():
        allowed = [make_constraint(one) for one in ranges.get(key, ())]
        if allowed and not any(one.is_satisfied_by(value) for one in allowed):
            expected = " or ".join(filter(None, map(_in_words, allowed)))
            raise HeadError(
                f"Setting {key} of head {head.name} cannot be {value}; expected {expected}."
            )
    make_head(head.name, **head.settings)


def _in_words(allowed: Any) -> str:
    """Say what a setting may be; empty for what nobody can type."""
    if isinstance(allowed, Interval):
        return _range(allowed)
    if isinstance(allowed, StrOptions):
        return f"one of {', '.join(sorted(allowed.options))}"
    told = str(allowed)
    return "true or false" if "bool" in told else "" if "dict" in told else told


def _range(allowed: Interval) -> str:
    """Say what numbers an interval holds: ``a number from 0 to below 1``."""
    words = ["a whole number" if "Integral" in str(allowed.type) else "a number"]
    if allowed.left is not None:
        words.append(f"{'from' if allowed.closed in ('left', 'both') else 'above'} {allowed.left}")
    if allowed.right is not None:
        words.append(
            f"{'to' if allowed.closed in ('right', 'both') else 'to below'} {allowed.right}"
        )
    return " ".join(words)
