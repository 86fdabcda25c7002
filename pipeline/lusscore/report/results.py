"""Tables of results, the rules from frames to clips behind them, and what folds selected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lusscore.evaluation import LEVELS, Rule
from lusscore.report.exams import zones
from lusscore.report.run_files import RunFiles, backbone_label
from lusscore.wording import duration, listed, plural

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
COLUMNS = (
    "accuracy", "macro_precision", "macro_recall", "macro_auc", "macro_f1", "quadratic_kappa",
)  # fmt: skip
FURTHER = ("macro_pr_auc", "within_one", "mean_absolute_error", "brier", "calibration_error")


@dataclass(frozen=True)
class Level:
    """A level that has rows; `note` says what to know about it, if anything."""

    name: str
    title: str
    note: str


def levels(run: RunFiles) -> tuple[Level, ...]:
    """Levels to show results at: zones have none where none is known."""
    label_level = run.config.cohort.label_level
    weak = f"weak labels: scores were given per {label_level}" if label_level != "frame" else ""
    notes = {"frame": weak, "clip": "", "zone": zones(run).beside}
    found = []
    for name in _level_names(run):
        rows = run.metrics["levels"][name][run.models[0]]["rows"]
        held_out = rows // run.config.cross_validation.repeats
        found.append(Level(name, plural(held_out, name), notes[name]))
    return tuple(found)


def _level_names(run: RunFiles) -> tuple[str, ...]:
    return tuple(level for level in LEVELS if run.metrics["levels"][level])


def training_times(run: RunFiles) -> dict[str, tuple[str, str]]:
    """Mean time to train a head of each model, and its spread over folds if there are several."""
    times = {}
    for model, seconds in run.training.groupby("model")["seconds"]:
        spread = f"± {duration(seconds.std())}" if len(seconds) > 1 else ""
        times[str(model)] = (duration(seconds.mean()), spread)
    return times


def published(run: RunFiles) -> dict[str, dict[str, float]]:
    """Return what the paper reports of the run's backbones, by their labels."""
    backbones = dict.fromkeys(model.partition("/")[0] for model in run.models)
    return {backbone_label(name): PUBLISHED[name] for name in backbones if name in PUBLISHED}


def absent_scores(run: RunFiles) -> tuple[str, ...]:
    """Say which scores the run or single folds lack, and what that leaves out."""
    repeated = run.config.cross_validation.repeats > 1
    everywhere = {
        level: [
            entry["score"]
            for entry in run.metrics["levels"][level][run.models[0]]["per_class"]
            if entry["support"] == 0
        ]
        for level in _level_names(run)
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


def rules(run: RunFiles, labels: Labels) -> tuple[str, ...]:
    """Say by which rules frames became clips and zones, and what folds selected."""
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
    return tuple(sentences)


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
