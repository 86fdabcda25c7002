"""The paper's Table 2 for this run, the same at clip and zone level, and what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lusscore.evaluation import CLASS_METRICS, LEVELS
from lusscore.report.model_names import model_labels
from lusscore.report.paper import PUBLISHED
from lusscore.report.run_files import RunFiles
from lusscore.report.sections.zones import zones
from lusscore.wording import bounds, count, duration, listed, plural, span, three

# the paper's columns first, in its order
COLUMNS = {
    "accuracy": "Accuracy",
    "macro_precision": "Macro-precision",
    "macro_recall": "Macro-recall (balanced accuracy)",
    "macro_auc": "Macro ROC-AUC",
    "macro_f1": "Macro-F1",
    "quadratic_kappa": "Quadratic kappa",
}
FURTHER = {
    "macro_pr_auc": "Macro PR-AUC",
    "within_one": "Within one score",
    "mean_absolute_error": "Mean absolute error ↓",
    "brier": "Brier score ↓",
    "calibration_error": "Calibration error ↓",
}


@dataclass(frozen=True)
class Cell:
    """Mean and spread over folds, pooled value and interval, chance band; "" if there is none."""

    folds: str
    pooled: str = ""
    chance: str = ""


@dataclass(frozen=True)
class Row:
    """One model; `kind` is ``"model"``, ``"baseline"`` or ``"paper"``."""

    label: str
    kind: str
    cells: tuple[Cell, ...]
    training: Cell


@dataclass(frozen=True)
class Group:
    """All rows of one level; `note` says what to know about the level, if anything."""

    title: str
    note: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class ScoreRow:
    """One score of one model: support, times predicted; precision, recall, F1 and both areas."""

    model: str
    score: int
    counts: tuple[str, str]
    cells: tuple[Cell, ...]
    never_predicted: bool


def results(run: RunFiles, labels: Mapping[str, str]) -> tuple[Group, ...]:
    """Lay out the paper's metrics at every level that has rows, with the paper's own rows."""
    return _groups(run, labels, COLUMNS)


def further_results(run: RunFiles, labels: Mapping[str, str]) -> tuple[Group, ...]:
    """Lay out, in the same way, what the paper's table leaves out."""
    return _groups(run, labels, FURTHER)


def _groups(
    run: RunFiles, labels: Mapping[str, str], columns: Mapping[str, str]
) -> tuple[Group, ...]:
    papers = columns is COLUMNS
    label_level = run.config.cohort.label_level
    weak = f"weak labels: scores were given per {label_level}" if label_level != "frame" else ""
    notes = {"frame": weak, "clip": "", "zone": zones(run).beside}
    groups = []
    for level in _levels(run):
        entries = run.metrics["levels"][level]
        rows = [
            Row(
                labels[model],
                "baseline" if model == run.metrics["baseline"] else "model",
                tuple(_cell(entry, metric) for metric in columns),
                _training(run, model) if level == "frame" else Cell(""),
            )
            for model, entry in entries.items()
        ]
        if level == "frame" and papers:
            rows += _published(run)
        repeats = run.config.cross_validation.repeats
        held_out = entries[run.models[0]]["rows"] // repeats
        groups.append(Group(plural(held_out, level), notes[level], tuple(rows)))
    return tuple(groups)


def score_rows(run: RunFiles, labels: Mapping[str, str], level: str) -> tuple[ScoreRow, ...]:
    """Lay out pooled metrics of each score, models under each other."""
    return tuple(
        ScoreRow(
            labels[model],
            entry["score"],
            (count(entry["support"]), count(entry["predicted"])),
            tuple(
                Cell(three(entry[metric]), bounds(entry["interval"].get(metric)))
                for metric in CLASS_METRICS
            ),
            entry["support"] > 0 and entry["predicted"] == 0,
        )
        for model in run.models
        for entry in run.metrics["levels"][level][model]["per_class"]
    )


def has_published(run: RunFiles) -> bool:
    """Whether the paper reports any backbone of this run."""
    return bool(_published(run))


def _cell(entry: Mapping[str, Any], metric: str) -> Cell:
    mean, spread = entry["mean"][metric], entry["sd"][metric]
    interval = entry["interval"].get(metric)
    return Cell(
        three(mean) if spread is None else f"{three(mean)} ± {three(spread)}",
        f"{three(entry['pooled'][metric])} {bounds(interval)}".strip(),
        f"chance {span(band, 2)}" if (band := entry["chance"].get(metric)) else "",
    )


def _published(run: RunFiles) -> list[Row]:
    """One row per backbone the paper reports, however many heads the run has on it."""
    rows = []
    for backbone in dict.fromkeys(model.partition("/")[0] for model in run.models):
        published = PUBLISHED.get(backbone)
        if published is not None:
            cells = (Cell(three(getattr(published, metric, None))) for metric in COLUMNS)
            not_given = tuple(Cell("–") if cell.folds == "n/a" else cell for cell in cells)
            time = Cell(f"{published.training_minutes:.2f} min")
            rows.append(Row(model_labels([backbone])[backbone], "paper", not_given, time))
    return rows


def _training(run: RunFiles, model: str) -> Cell:
    seconds = run.training.loc[run.training["model"] == model, "seconds"]
    if seconds.empty:
        return Cell("–")
    return Cell(
        duration(seconds.mean()), f"± {duration(seconds.std())}" if len(seconds) > 1 else ""
    )


def absent_scores(run: RunFiles) -> tuple[str, ...]:
    """Say which scores the run or single folds lack, and what that leaves out."""
    repeated = run.config.cross_validation.repeats > 1
    everywhere = _absent_everywhere(run)
    levels: dict[tuple[int, int, tuple[int, ...]], list[str]] = {}
    for level in _levels(run):
        for entry in run.metrics["absent_scores"][level]:
            scores = tuple(score for score in entry["scores"] if score not in everywhere[level])
            if scores:
                levels.setdefault((entry["repeat"], entry["fold"], scores), []).append(level)
    notes = [
        f"No {level} of this run has score {_scores(scores)}; macro values are means over the "
        "scores there are."
        for level, scores in everywhere.items()
        if scores
    ]
    notes += [
        f"Fold {fold}{f' of repeat {repeat}' if repeated else ''} holds no {listed(at, 'or')} with "
        f"score {_scores(scores)}: precision, recall, F1, ROC-AUC and PR-AUC of "
        f"{'that score' if len(scores) == 1 else 'those scores'} are n/a there, and the fold’s "
        "macro values are means over the other scores."
        for (repeat, fold, scores), at in sorted(levels.items())
    ]
    return tuple(notes)


def _absent_everywhere(run: RunFiles) -> dict[str, list[int]]:
    """Scores that no held-out frame, clip or zone has, by level."""
    return {
        level: [
            entry["score"]
            for entry in run.metrics["levels"][level][run.models[0]]["per_class"]
            if entry["support"] == 0
        ]
        for level in _levels(run)
    }


def _levels(run: RunFiles) -> tuple[str, ...]:
    """Levels with rows: zones have none where none is known."""
    return tuple(level for level in LEVELS if run.metrics["levels"][level])


def _scores(scores: Sequence[int]) -> str:
    return listed([str(score) for score in scores], "or")
