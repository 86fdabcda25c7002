"""Which rule a run's clips and zones are scored by: one for all, or one per fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lusscore.errors import RunError
from lusscore.evaluation.baseline import BASELINE
from lusscore.evaluation.rules import MAJORITY, Rule
from lusscore.evaluation.run_config import RulesTable

SELECTION_NAME = "tables/selection.csv"
_FOLD = ("model", "repeat", "fold")
_COLUMNS = {"clip": "rule", "zone": "zone_rule"}


@dataclass(frozen=True)
class Rules:
    """A rule for every model and fold.

    Attributes
    ----------
    default
        What is not chosen otherwise.
    overrides
        (model, repeat, fold) → rule, as nested selection chose it inside the training folds.
    """

    default: Rule = MAJORITY
    overrides: Mapping[tuple[str, int, int], Rule] = field(default_factory=dict)

    def of(self, model: str, repeat: int, fold: int) -> Rule:
        """Return the rule of one model in one fold.

        The baseline's is always the majority: it answers the most frequent score of its training
        frames, of whatever rule the models are.
        """
        if model == BASELINE:
            return MAJORITY
        return self.overrides.get((model, repeat, fold), self.default)


def read_rules(folder: Path, given: RulesTable) -> dict[str, Rules]:
    """Read by which rules a run is to be evaluated.

    Parameters
    ----------
    folder
        The run: column ``rule`` of ``tables/selection.csv`` (and ``zone_rule``), where there is
        one, says what was chosen per model, repeat and fold; an empty cell chooses nothing.
    given
        The table ``evaluation`` of its configuration.

    Returns
    -------
    dict of str to Rules
        For the levels ``"clip"`` and ``"zone"``.

    Raises
    ------
    RunError
        If there is no such rule, or the table lacks a column or chooses twice for one fold.
    """
    chosen = _read_selection(folder / SELECTION_NAME)
    return {
        level: Rules(
            Rule.parse(getattr(given, f"{level}_rule")),
            _overrides(chosen, column, folder / SELECTION_NAME),
        )
        for level, column in _COLUMNS.items()
    }


def _read_selection(path: Path) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame()
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (ValueError, pd.errors.ParserError) as error:
        raise RunError(f"{path} is not a table ({error}); run 'lusscore cv' again.") from None


def _overrides(table: pd.DataFrame, column: str, path: Path) -> dict[tuple[str, int, int], Rule]:
    if column not in table:
        return {}
    missing = [name for name in _FOLD if name not in table]
    if missing:
        raise RunError(
            f"it lacks the column {missing[0]}; expected {', '.join(_FOLD)} beside {column}. "
            "Run 'lusscore cv' again.",
            path=path,
        )
    chosen: dict[tuple[str, int, int], Rule] = {}
    for line, row in enumerate(table.to_dict("records"), start=2):
        if not row[column]:
            continue
        try:
            key, rule = (
                (row["model"], int(row["repeat"]), int(row["fold"])),
                Rule.parse(row[column]),
            )
        except (RunError, ValueError) as error:
            raise RunError(f"{path}, line {line}: {error}") from None
        if chosen.setdefault(key, rule) != rule:
            raise RunError(
                f"{path}, line {line} chooses {rule} for {key[0]}, repeat {key[1]}, fold {key[2]}, "
                f"for which {chosen[key]} was chosen above; expected one rule per fold. Run "
                "'lusscore cv' again."
            )
    return chosen
