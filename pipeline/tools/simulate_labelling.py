"""Hides a cohort's labels and asks for them again, to see how many a way of asking saves.

    python pipeline/tools/simulate_labelling.py phantom --start 12 --batch 12 --most 156

In every division into folds, the patients of one fold are tested on and never asked about. Of the
others' clips, a few chosen by lot are labelled at first, the same ones for every way; then a batch
at a time is asked for, by lot or by one of the other ways, a head is trained on what is labelled,
and the clips of the test patients are scored. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student
from threadpoolctl import threadpool_limits

from lusscore.backbones import get_backbone
from lusscore.cohort import read_cohort
from lusscore.evaluation.metrics import all_metrics
from lusscore.evaluation.models import HeadChoice, parse_levels
from lusscore.evaluation.train_head import fit_on
from lusscore.labelling.pool import UNLABELLED, Pool, load_pool
from lusscore.labelling.predict import entropy, predict
from lusscore.labelling.suggest import PER_PATIENT, choose_clips, suggest_clips, whiten

METRICS = {"quadratic_kappa": "quadratic kappa", "balanced_accuracy": "balanced accuracy"}
RESAMPLES = 2000

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]
Ask = Callable[[Pool, int, HeadChoice, np.random.Generator], _Int]
"""Takes a pool, how many, the head and chance; gives rows of its segments."""


def by_lot(pool: Pool, count: int, head: HeadChoice, rng: np.random.Generator) -> _Int:
    """Take any."""
    free = np.flatnonzero(pool.scores == UNLABELLED)
    return np.asarray(rng.choice(free, min(count, len(free)), replace=False))


def by_uncertainty(pool: Pool, count: int, head: HeadChoice, rng: np.random.Generator) -> _Int:
    """Take those of which the head is least sure."""
    free = np.flatnonzero(pool.scores == UNLABELLED)
    said = predict(pool, head)
    if said is None:
        return by_lot(pool, count, head, rng)
    return free[np.argsort(-entropy(said[free]), kind="stable")[:count]]


def by_diversity(pool: Pool, count: int, head: HeadChoice, rng: np.random.Generator) -> _Int:
    """Take those unlike what is labelled, however sure the head is."""
    labelled = pool.scores != UNLABELLED
    chosen = choose_clips(
        whiten(pool.vectors()), labelled, np.ones(len(labelled)), pool.patients, count, PER_PATIENT
    )
    return np.array([row for row, _ in chosen], np.int64)


def by_suggest(pool: Pool, count: int, head: HeadChoice, rng: np.random.Generator) -> _Int:
    """Take what ``lusscore suggest`` lists."""
    place = {(segment.clip, segment.frame_start): row for row, segment in enumerate(pool.segments)}
    asked = suggest_clips(pool, count=count, head=head)
    return np.array([place[one.segment.clip, one.segment.frame_start] for one in asked], np.int64)


WAYS: dict[str, Ask] = {
    "by lot": by_lot,
    "uncertainty": by_uncertainty,
    "diversity": by_diversity,
    "suggest": by_suggest,
}


@dataclass(frozen=True)
class Curves:
    """What each way reached with how many labels.

    Attributes
    ----------
    labels
        Shape (steps,).
    values
        Metric → way → shape (runs, steps); a run is one fold of one division.
    everything
        Metric → shape (runs,): with all labels.
    test_share
        Test patients' clips in those that could be asked for.
    """

    labels: _Int
    values: dict[str, dict[str, _Float]]
    everything: dict[str, _Float]
    test_share: float


def pooled(pool: Pool) -> Pool:
    """Make each segment one frame, its mean, which is all that a head with pooling=mean sees."""
    firsts = pool.frames.drop_duplicates("segment").reset_index(drop=True)
    return replace(pool, frames=firsts, seen=pool.vectors()[:, None])


def only(pool: Pool, rows: _Int, known: NDArray[np.bool_] | None = None) -> Pool:
    """Take some segments of a pooled pool, of which `known` (all if None) keep their scores."""
    segments, truth = [pool.segments[row] for row in rows], pool.scores[rows]
    if known is not None:
        truth = np.where(known, truth, UNLABELLED)
    segments = [
        segment if score != UNLABELLED else replace(segment, score=None)
        for segment, score in zip(segments, truth, strict=True)
    ]
    frames = pool.frames.iloc[rows].assign(truth=truth, segment=np.arange(len(rows)))
    return replace(
        pool, segments=tuple(segments), frames=frames.reset_index(drop=True), seen=pool.seen[rows]
    )


def divide(pool: Pool, folds: int, seed: int) -> Iterator[tuple[_Int, _Int]]:
    """Yield (rows that may be asked for, rows to test on), patients dealt by chance."""
    patients = pool.patients
    dealt = np.random.default_rng([seed, 1]).permutation(int(patients.max()) + 1) % folds
    for fold in range(folds):
        yield np.flatnonzero(dealt[patients] != fold), np.flatnonzero(dealt[patients] == fold)


def score(train: Pool, test: Pool, head: HeadChoice) -> dict[str, float]:
    """Train on what is labelled, and measure on the test patients' clips."""
    known = np.flatnonzero(train.scores != UNLABELLED)
    if len(np.unique(train.scores[known])) < 2:
        said = np.full(len(test.segments), train.scores[known][0])
    else:
        fitted = fit_on(train, (train.features,), head, known)
        raw = fitted.predict_proba(test.seen[:, 0], clips=np.arange(len(test.segments)))
        said = fitted.classes_[raw.argmax(axis=1)]
    confusion = np.zeros((4, 4))
    np.add.at(confusion, (test.scores, said), 1)
    return {name: float(value) for name, value in all_metrics(confusion).items() if name in METRICS}


def simulate(pool: Pool, head: HeadChoice, arguments: argparse.Namespace) -> Curves:
    """Run every way in every fold of every division."""
    labels = np.arange(arguments.start or arguments.batch, arguments.most + 1, arguments.batch)
    values = {name: {way: list[list[float]]() for way in WAYS} for name in METRICS}
    everything: dict[str, list[float]] = {name: [] for name in METRICS}
    shares = []
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for fold, (askable, tested) in enumerate(divide(pool, arguments.folds, seed)):
            test = only(pool, tested)
            shares.append(len(tested) / len(askable))
            for name, value in score(only(pool, askable), test, head).items():
                everything[name].append(value)
            for way, ask in WAYS.items():
                rng = np.random.default_rng([seed, fold])
                known = np.zeros(len(askable), bool)
                known[rng.choice(len(askable), arguments.start, replace=False)] = True
                curve: dict[str, list[float]] = {name: [] for name in METRICS}
                for step in range(len(labels)):
                    train = only(pool, askable, known)
                    if step or not arguments.start:
                        known[ask(train, arguments.batch, head, rng)] = True
                        train = only(pool, askable, known)
                    for name, value in score(train, test, head).items():
                        curve[name].append(value)
                for name in METRICS:
                    values[name][way].append(curve[name])
    return Curves(
        labels,
        {
            name: {way: np.array(runs) for way, runs in ways.items()}
            for name, ways in values.items()
        },
        {name: np.array(runs) for name, runs in everything.items()},
        float(np.mean(shares)),
    )


def interval(runs: _Float, test_share: float) -> str:
    """Tell mean and 95 % interval over runs, whose training clips overlap.

    Nadeau, C., Bengio, Y. (2003). Inference for the generalization error. Machine Learning 52,
    239–281: the variance of the mean is (1 / runs + test share) times that of runs.
    """
    runs = runs[np.isfinite(runs)]
    wide = np.sqrt((1 / len(runs) + test_share) * runs.var(ddof=1))
    wide *= student.ppf(0.975, len(runs) - 1)
    return f"{runs.mean():.3f} [{runs.mean() - wide:.3f}, {runs.mean() + wide:.3f}]"


def needed(labels: _Int, curve: _Float, level: float) -> float:
    """Return the labels at which a curve first reaches a level, between steps by a straight line.

    NaN where it never does.
    """
    reached = np.flatnonzero(curve >= level)
    if not len(reached):
        return float("nan")
    last = int(reached[0])
    if last == 0:
        return float(labels[0])
    rise = (level - curve[last - 1]) / (curve[last] - curve[last - 1])
    return float(labels[last - 1] + rise * (labels[last] - labels[last - 1]))


def saving(curves: Curves, metric: str, way: str, step: int) -> str:
    """Tell labels needed for what chance reaches at a step; interval by drawing runs anew."""
    chance, own = curves.values[metric]["by lot"], curves.values[metric][way]
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(own), size=(RESAMPLES, len(own)))
    times = np.array(
        [
            needed(curves.labels, np.nanmean(own[runs], 0), np.nanmean(chance[runs, step]))
            for runs in drawn
        ]
    )
    found = needed(curves.labels, np.nanmean(own, 0), float(np.nanmean(chance[:, step])))
    low, high = np.quantile(np.nan_to_num(times, nan=np.inf), [0.025, 0.975], method="nearest")
    most = int(curves.labels[-1])

    def told(value: float) -> str:
        return f"{value:.0f}" if np.isfinite(value) else f"over {most}"

    return f"{told(found)} [{told(low)}, {told(high)}]"


def print_tables(curves: Curves, steps: list[int]) -> None:
    """Print curves, differences to chance, and labels needed."""
    share = curves.test_share
    for name, title in METRICS.items():
        ways = curves.values[name]
        print(f"\n| labels: {title} | {' | '.join(WAYS)} |\n|---{'|---' * len(WAYS)}|")
        for step in steps:
            cells = [interval(ways[way][:, step], share) for way in WAYS]
            print(f"| {curves.labels[step]} | {' | '.join(cells)} |")
        print(f"| all | {interval(curves.everything[name], share)} |{' |' * (len(WAYS) - 1)}")
        others = [way for way in WAYS if way != "by lot"]
        print(f"\n| {title} above chance | {' | '.join(others)} |\n|---{'|---' * len(others)}|")
        for step in steps[1:]:
            cells = [interval((ways[way] - ways["by lot"])[:, step], share) for way in others]
            print(f"| {curves.labels[step]} | {' | '.join(cells)} |")
        cells = [interval((ways[way] - ways["by lot"])[:, 1:].mean(1), share) for way in others]
        print(f"| mean of all steps | {' | '.join(cells)} |")
        print(f"\n| labels for the {title} by lot of | {' | '.join(others)} |")
        print(f"|---{'|---' * len(others)}|")
        for step in steps[1:]:
            cells = [saving(curves, name, way, step) for way in others]
            print(f"| {curves.labels[step]} | {' | '.join(cells)} |")


def main() -> None:
    """Read arguments, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohort", help="a cohort whose clips are all labelled")
    parser.add_argument("--backbone", default="efficientnet_lite0")
    parser.add_argument("--levels", default="embedding")
    parser.add_argument("--C", type=float, default=0.01, help="of the logistic head")
    parser.add_argument(
        "--start", type=int, default=10, help="labels at first; 0 to ask for those, too"
    )
    parser.add_argument("--batch", type=int, default=10, help="labels at a time")
    parser.add_argument("--most", type=int, default=100, help="labels at the end")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=6, help="divisions into folds")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--csv", type=Path, help="write every run's curves")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--features-dir", type=Path, default=Path("features"))
    arguments = parser.parse_args()
    cohort = read_cohort(arguments.data_dir / arguments.cohort, check_files=False)
    pool = load_pool(
        cohort,
        get_backbone(arguments.backbone),
        arguments.features_dir,
        parse_levels(arguments.levels),
    )
    if (pool.scores == UNLABELLED).any():
        parser.error("every clip must be labelled, or nothing can be told when it is asked for")
    head = HeadChoice("logistic", {"pooling": "mean", "C": arguments.C})
    with threadpool_limits(1):
        curves = simulate(pooled(pool), head, arguments)
    if arguments.csv:
        with arguments.csv.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("metric", "way", "run", "labels", "value"))
            for name, ways in curves.values.items():
                for way, runs in ways.items():
                    for (run, step), value in np.ndenumerate(runs):
                        writer.writerow((name, way, run, curves.labels[step], f"{value:.6f}"))
    last = len(curves.labels) - 1
    steps = sorted({0, *np.linspace(0, last, min(6, last + 1)).round().astype(int).tolist()})
    print_tables(curves, steps)


if __name__ == "__main__":
    main()
