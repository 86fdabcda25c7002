"""By which rules frames became clips and zones, and what other rules would have given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lusscore.evaluation import Rule
from lusscore.report.run_files import RunFiles
from lusscore.wording import bounds, listed, plural, three

COLUMNS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro-F1",
    "quadratic_kappa": "Quadratic kappa",
    "mean_absolute_error": "Mean absolute error ↓",
}


@dataclass(frozen=True)
class RuleRow:
    """One model's clips by one rule: value and interval of each of `COLUMNS`."""

    model: str
    rule: str
    reported: bool
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rules:
    """The rules of a run.

    Attributes
    ----------
    sentences
        What a clip's and a zone's score and probabilities are, and what folds chose.
    zone
        The zone rule in a few words, to stand in a caption.
    fixed
        Whether one rule was fixed before the run, rather than chosen fold by fold.
    rows
        Every standard rule, models under each other.
    """

    sentences: tuple[str, ...]
    zone: str
    fixed: bool
    rows: tuple[RuleRow, ...]


def rules(run: RunFiles, labels: Mapping[str, str]) -> Rules:
    """Say by which rules the run was scored, and lay out what others would have given."""
    used = run.metrics["rules"]
    clip, zone = (Rule.parse(used[level]["default"]) for level in ("clip", "zone"))
    return Rules(
        sentences=(
            *_defaults(clip, zone),
            *(
                sentence
                for level in ("clip", "zone")
                if used[level]["chosen_in_folds"]
                for sentence in _chosen(level, used[level]["folds"], labels)
            ),
            "Its true score is the one that most of its frames have, the higher on a tie, whatever "
            "the rule. A zone’s rule sees the frames of all its clips.",
        ),
        zone=(
            "by the rule of each fold" if used["zone"]["chosen_in_folds"] else f"by the rule {zone}"
        ),
        fixed=not used["clip"]["chosen_in_folds"],
        rows=tuple(
            RuleRow(
                labels[row["model"]],
                row["rule"],
                list(used["clip"]["folds"][row["model"]]) == [row["rule"]],
                tuple(
                    (three(row["pooled"][metric]), bounds(row["interval"].get(metric)))
                    for metric in COLUMNS
                ),
            )
            for row in run.metrics["rules_compared"]
        ),
    )


def _defaults(clip: Rule, zone: Rule) -> tuple[str, ...]:
    if clip == zone:
        return (_says("A clip’s or zone’s", clip),)
    return _says("A clip’s", clip), _says("A zone’s", zone)


def _says(whose: str, rule: Rule) -> str:
    return (
        f"{whose} predicted score is {rule.says} (rule {rule}); its probabilities are "
        f"{rule.probabilities}."
    )


def _chosen(
    level: str, folds: Mapping[str, Mapping[str, int]], labels: Mapping[str, str]
) -> tuple[str, ...]:
    """Tell what the folds of each model chose in place of the default."""
    told = []
    for model, used in folds.items():
        counts = [f"{rule} in {plural(number, 'fold')}" for rule, number in used.items()]
        told.append(f"{labels[model]}: {listed(counts)}")
    return (
        f"The rule of {level}s was chosen inside the training folds where another stands here. "
        f"{'; '.join(told)}.",
    )
