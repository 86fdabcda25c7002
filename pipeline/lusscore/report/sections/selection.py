"""What was chosen inside the training patients, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lusscore.report.model_names import backbone_label
from lusscore.report.run_files import RunFiles
from lusscore.wording import listed, plural


@dataclass(frozen=True)
class Chosen:
    """One kind of choice: how often out of how many folds."""

    features: str
    head: str
    settings: str
    folds: int


@dataclass(frozen=True)
class SelectedModel:
    """What one model was made of, fold by fold.

    Attributes
    ----------
    name
        Its label.
    folds
        Folds in which something was chosen.
    chosen
        The most frequent first.
    sentences
        Rules and temperatures.
    """

    name: str
    folds: int
    chosen: tuple[Chosen, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Selections:
    """All that was chosen; `how` says from what and by what."""

    how: str
    models: tuple[SelectedModel, ...]


def selections(run: RunFiles, labels: Mapping[str, str]) -> Selections | None:
    """Count what nested selection chose; None where nothing was chosen."""
    table = run.selection
    if table is None or table.empty:
        return None
    told = run.config.selection
    candidates = int(table["candidates"].iloc[0])
    criterion = table["criterion"].iloc[0].replace("_", " ")
    parts, level = (told.inner_folds, told.level) if told else ("some", "clip")
    how = (
        f"In each fold the training patients were divided into {parts} "
        f"parts again; {candidates} candidates were trained on some of them and compared on the "
        f"others by {criterion} of {level}s. What was chosen was trained on "
        "all training patients and tested once on those held out, of whom nothing was known then."
    )
    return Selections(
        how,
        tuple(
            _selected(labels.get(str(name), str(name)), rows)
            for name, rows in table.groupby("model", sort=False)
        ),
    )


def _selected(label: str, rows: pd.DataFrame) -> SelectedModel:
    folds = rows.drop_duplicates(["repeat", "fold"])
    counts = Counter(zip(rows["candidate"].tolist(), rows["settings"].tolist(), strict=True))
    chosen = []
    for (candidate, settings), count in counts.most_common():
        features, _, head = str(candidate).rpartition("/")
        chosen.append(Chosen(backbone_label(features), head, str(settings), count))
    rules = folds["rule"].replace("", None).dropna().value_counts()
    by_rule = listed([f"{rule} in {count}" for rule, count in rules.items()])
    told = f"of {plural(len(folds), 'fold')}: {by_rule}" if by_rule else "not chosen by frames"
    heat = pd.to_numeric(rows["temperature"])
    return SelectedModel(
        label,
        len(folds),
        tuple(chosen),
        (
            f"Rule from frames to clips, {told}.",
            f"Temperatures {heat.min():.2f} to {heat.max():.2f}; above 1 the head was too sure.",
        ),
    )
