"""Cross-validation, metrics and comparison."""

from lusscore.evaluation.aggregation import LEVELS, global_scores, score_at
from lusscore.evaluation.baseline import BASELINE, majority_predictions
from lusscore.evaluation.evaluate import METRICS_NAME, PREDICTIONS_NAME, evaluate_run
from lusscore.evaluation.metrics import METRICS, Metrics, measure
from lusscore.evaluation.predictions import (
    PREDICTION_COLUMNS,
    PROBABILITIES,
    SCORES,
    predicted_scores,
    read_predictions,
    write_predictions,
)
from lusscore.evaluation.rules import Rule, rule_forms
from lusscore.evaluation.rules.chosen_rules import Rules
from lusscore.evaluation.rules.majority import majority_score
from lusscore.evaluation.run_config import CONFIG_NAME, read_config

__all__ = [
    "BASELINE",
    "CONFIG_NAME",
    "LEVELS",
    "METRICS",
    "METRICS_NAME",
    "PREDICTIONS_NAME",
    "PREDICTION_COLUMNS",
    "PROBABILITIES",
    "SCORES",
    "Metrics",
    "Rule",
    "Rules",
    "evaluate_run",
    "global_scores",
    "majority_predictions",
    "majority_score",
    "measure",
    "predicted_scores",
    "read_config",
    "read_predictions",
    "rule_forms",
    "score_at",
    "write_predictions",
]
