"""Measures how often intervals of the two leaning metrics hold the population's value.

Not a test: run it by hand, ``python tests/evaluation/measure_intervals.py``; it takes a minute.
The numbers stand in docs/report.md.
"""

import numpy as np

from lusscore.evaluation.metrics import draw_patients, measure
from lusscore.evaluation.predictions import HeldOut

COHORTS, RESAMPLES = 300, 400
PATIENTS, ZONES, FOLDS = 48, 6, 5
POPULATION = 4000


def cohort(generator, patients, folds):
    """Make up zones of patients whose severity and whose errors differ between patients."""
    patient = np.repeat(np.arange(patients), ZONES)
    severity = generator.normal(0, 1, patients)[patient] + generator.normal(0, 1, len(patient))
    truth = np.digitize(severity, [-1, 0.3, 1.6])
    logits = -0.8 * np.abs(truth[:, None] - np.arange(4))
    logits = logits + generator.normal(0, 0.6, (patients, 4))[patient]
    shares = np.exp(logits + generator.normal(0, 0.6, logits.shape))
    shares /= shares.sum(1, keepdims=True)
    return HeldOut(
        truth,
        3 - np.argmax(shares[:, ::-1], axis=1),
        shares,
        patient,
        patient % folds,
        tuple(map(str, range(patients))),
        tuple((1, fold + 1) for fold in range(folds)),
    )


def main():
    generator = np.random.default_rng(0)
    population = cohort(generator, POPULATION, 1)
    for name in ("macro_pr_auc", "calibration_error"):
        true = measure(population)[name][0]
        found = []
        for seed in range(COHORTS):
            rows = cohort(np.random.default_rng([seed, 2]), PATIENTS, FOLDS)
            pooled = measure(rows)[name][0]
            resampled = measure(rows, draw_patients(PATIENTS, RESAMPLES, seed))[name]
            low, high = np.nanquantile(resampled, [0.025, 0.975])
            mirrored = 2 * pooled - high <= true <= 2 * pooled - low
            found.append((low <= true <= high, mirrored, pooled - true))
        percentile, basic, lean = np.mean(found, axis=0)
        print(  # noqa: T201
            f"{name}: population {true:.3f}; percentile {percentile:.0%}, basic {basic:.0%}; "
            f"pooled value higher by {lean:.3f}"
        )


if __name__ == "__main__":
    main()
