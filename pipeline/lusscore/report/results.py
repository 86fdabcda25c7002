"""Tables of results, the rules from frames to clips behind them, and what folds selected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lusscore.evaluation import CLASS_METRICS, LEVELS, Rule
from lusscore.report.exams import zones
from lusscore.report.run_files import RunFiles, backbone_label, model_labels
from lusscore.wording import bounds, count, duration, listed, plural, span, three

Labels = Mapping[str, str]

CITATION = (
    "Raillard et al. Rapid Lung Ultrasound COVID-19 Severity Scoring with Resource-Efficient "
    "Deep Feature Extraction. 2022"
)
DATA = "49 patients (37 COVID-19, 12 healthy), 23,732 frames, Butterfly iQ"
# means over three folds split by patient; training time of the whole network on an i7 CPU
PUBLISHED: dict[str, dict[str, float]] = {
    name: dict(
        zip(
            ("accuracy", "macro_precision", "macro_recall", "macro_auc", "minutes"),
            row,
            strict=True,
        )
    )
    for name, row in {
        "xception": (0.948, 0.839, 0.812, 0.978, 33.92),
        "resnet50": (0.935, 0.859, 0.819, 0.991, 25.97),
        "vgg16": (0.942, 0.811, 0.737, 0.971, 73.67),
    }.items()
}

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
RULE_COLUMNS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro-F1",
    "quadratic_kappa": "Quadratic kappa",
    "mean_absolute_error": "Mean absolute error ↓",
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


def results(
    run: RunFiles, labels: Labels, columns: Mapping[str, str] = COLUMNS
) -> tuple[Group, ...]:
    """Lay out metrics at every level that has rows; beside the paper's metrics its own rows."""
    label_level = run.config.cohort.label_level
    weak = f"weak labels: scores were given per {label_level}" if label_level != "frame" else ""
    notes = {"frame": weak, "clip": "", "zone": zones(run).beside}
    groups = []
    for level in _levels(run):
        entries = run.metrics["levels"][level]
        rows = [
            Row(
                labels[model],
                "baseline" if model == run.baseline else "model",
                tuple(_cell(entry, metric) for metric in columns),
                _training_time(run, model) if level == "frame" else Cell(""),
            )
            for model, entry in entries.items()
        ]
        if level == "frame" and columns is COLUMNS:
            rows += published(run)
        held_out = entries[run.models[0]]["rows"] // run.config.cross_validation.repeats
        groups.append(Group(plural(held_out, level), notes[level], tuple(rows)))
    return tuple(groups)


def _cell(entry: Mapping[str, Any], metric: str) -> Cell:
    mean, spread = entry["mean"][metric], entry["sd"][metric]
    return Cell(
        three(mean) if spread is None else f"{three(mean)} ± {three(spread)}",
        f"{three(entry['pooled'][metric])} {bounds(entry['interval'].get(metric))}".strip(),
        f"chance {span(band, 2)}" if (band := entry["chance"].get(metric)) else "",
    )


def _training_time(run: RunFiles, model: str) -> Cell:
    seconds = run.training.loc[run.training["model"] == model, "seconds"]
    if seconds.empty:
        return Cell("–")
    spread = f"± {duration(seconds.std())}" if len(seconds) > 1 else ""
    return Cell(duration(seconds.mean()), spread)


def published(run: RunFiles) -> list[Row]:
    """One row per backbone that the paper reports, however many heads the run has on it."""
    rows = []
    for backbone in dict.fromkeys(model.partition("/")[0] for model in run.models):
        if values := PUBLISHED.get(backbone):
            cells = (Cell(three(values[key]) if key in values else "–") for key in COLUMNS)
            time = Cell(f"{values['minutes']:.2f} min")
            rows.append(Row(model_labels([backbone])[backbone], "paper", tuple(cells), time))
    return rows


def score_rows(run: RunFiles, labels: Labels, level: str) -> tuple[ScoreRow, ...]:
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


def absent_scores(run: RunFiles) -> tuple[str, ...]:
    """Say which scores the run or single folds lack, and what that leaves out."""
    repeated = run.config.cross_validation.repeats > 1
    everywhere = {
        level: [
            entry["score"]
            for entry in run.metrics["levels"][level][run.models[0]]["per_class"]
            if entry["support"] == 0
        ]
        for level in _levels(run)
    }
    levels: dict[tuple[int, int, tuple[int, ...]], list[str]] = {}
    for level, absent in everywhere.items():
        for entry in run.metrics["absent_scores"][level]:
            scores = tuple(score for score in entry["scores"] if score not in absent)
            if scores:
                levels.setdefault((entry["repeat"], entry["fold"], scores), []).append(level)
    notes = [
        f"No {level} of this run has score {_either(scores)}; macro values are means over the "
        "scores there are."
        for level, scores in everywhere.items()
        if scores
    ]
    notes += [
        f"Fold {fold}{f' of repeat {repeat}' if repeated else ''} has no {listed(at, 'or')} with "
        f"score {_either(scores)}: precision, recall, F1, ROC-AUC and PR-AUC of "
        f"{'that score' if len(scores) == 1 else 'those scores'} are n/a there, and the fold’s "
        "macro values are means over the other scores."
        for (repeat, fold, scores), at in sorted(levels.items())
    ]
    return tuple(notes)


def _levels(run: RunFiles) -> tuple[str, ...]:
    """Levels with rows: zones have none where none is known."""
    return tuple(level for level in LEVELS if run.metrics["levels"][level])


def _either(scores: Sequence[int]) -> str:
    return listed([str(score) for score in scores], "or")


@dataclass(frozen=True)
class RuleRow:
    """One model's clips by one rule: value and interval of each of `RULE_COLUMNS`."""

    model: str
    rule: str
    reported: bool
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rules:
    """The rules of a run, and what others would have given.

    `sentences` say what a clip's and a zone's score are and what folds selected, `zone` names the
    zone rule in a caption, `fixed` says that one clip rule was fixed before the run.
    """

    sentences: tuple[str, ...]
    zone: str
    fixed: bool
    rows: tuple[RuleRow, ...]


def rules(run: RunFiles, labels: Labels) -> Rules:
    """Say by which rules the run was scored, and lay out what others would have given."""
    used = run.metrics["rules"]
    clip, zone = (Rule.parse(used[level]["default"]) for level in ("clip", "zone"))
    defaults = [("A clip’s", clip), ("A zone’s", zone)]
    sentences = [
        f"{whose} predicted score is {rule.says} (rule {rule}); its probabilities are "
        f"{rule.probabilities}."
        for whose, rule in ([("A clip’s or zone’s", clip)] if clip == zone else defaults)
    ]
    for level in ("clip", "zone"):
        if used[level]["chosen_in_folds"]:
            models = [
                f"{labels[model]}: "
                + listed([f"{rule} in {plural(n, 'fold')}" for rule, n in counts.items()])
                for model, counts in used[level]["folds"].items()
            ]
            sentences.append(
                f"The rule of {level}s was selected inside the training folds where another stands "
                f"here. {'; '.join(models)}."
            )
    sentences.append(
        "Its true score is the one that most of its frames have, the higher on a tie, whatever the "
        "rule. A zone’s rule sees the frames of all its clips."
    )
    return Rules(
        tuple(sentences),
        "by the rule of each fold" if used["zone"]["chosen_in_folds"] else f"by the rule {zone}",
        not used["clip"]["chosen_in_folds"],
        tuple(
            RuleRow(
                labels[row["model"]],
                row["rule"],
                list(used["clip"]["folds"][row["model"]]) == [row["rule"]],
                tuple(
                    (three(row["pooled"][metric]), bounds(row["interval"].get(metric)))
                    for metric in RULE_COLUMNS
                ),
            )
            for row in run.metrics["rules_compared"]
        ),
    )


@dataclass(frozen=True)
class Candidate:
    """One kind of choice, and in how many folds it was made."""

    features: str
    head: str
    settings: str
    folds: int


@dataclass(frozen=True)
class SelectedModel:
    """What one model was made of in its `folds`; the most frequent candidates first."""

    name: str
    folds: int
    candidates: tuple[Candidate, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """All that was selected; `how` says from what and by what."""

    how: str
    models: tuple[SelectedModel, ...]


def selection(run: RunFiles, labels: Labels) -> Selection | None:
    """Count what nested selection chose; None where nothing was selected."""
    table = run.selection
    if table is None or table.empty:
        return None
    recorded = run.config.selection
    criterion = table["criterion"].iloc[0].replace("_", " ")
    parts, level = (recorded.inner_folds, recorded.level) if recorded else ("some", "clip")
    how = (
        f"In each fold the training patients were split into {parts} parts again; "
        f"{int(table['candidates'].iloc[0])} candidates were trained on some of them and compared "
        f"on the others by {criterion} of {level}s. The selected one was trained on all training "
        "patients and tested once on the held-out patients, who had no part in the selection."
    )
    models = table.groupby("model", sort=False)
    return Selection(
        how, tuple(_selected(labels.get(str(name), str(name)), rows) for name, rows in models)
    )


def _selected(label: str, rows: pd.DataFrame) -> SelectedModel:
    folds = rows.drop_duplicates(["repeat", "fold"])
    counts = Counter(zip(rows["candidate"].tolist(), rows["settings"].tolist(), strict=True))
    candidates = []
    for (candidate, settings), number in counts.most_common():
        features, _, head = str(candidate).rpartition("/")
        candidates.append(Candidate(backbone_label(features), head, str(settings), number))
    by_rule = folds["rule"].replace("", None).dropna().value_counts()
    named = listed([f"{rule} in {number}" for rule, number in by_rule.items()])
    rule = f"of {plural(len(folds), 'fold')}: {named}" if named else "not selected by frames"
    heat = pd.to_numeric(rows["temperature"])
    return SelectedModel(
        label,
        len(folds),
        tuple(candidates),
        (
            f"Rule from frames to clips, {rule}.",
            f"Temperatures {heat.min():.2f} to {heat.max():.2f}; above 1 the head was "
            "overconfident.",
        ),
    )
