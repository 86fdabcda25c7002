"""Cross-validation, metrics and comparison."""

from lusscore.evaluation.aggregation import LEVELS, global_scores, score_at
from lusscore.evaluation.baseline import BASELINE, majority_predictions
from lusscore.evaluation.dataset import LabelledCohort, describe_frames, load_cohort
from lusscore.evaluation.evaluate import PREDICTIONS_NAME, evaluate_run
from lusscore.evaluation.experiment import Experiment, earlier_run, run_experiment
from lusscore.evaluation.feature_sets import EMBEDDING, FeatureSet, parse_levels
from lusscore.evaluation.metrics import METRICS, Metrics, measure
from lusscore.evaluation.metrics_json import METRICS_NAME, SCHEMA, read_metrics, supported_level
from lusscore.evaluation.models import HeadChoice, Model
from lusscore.evaluation.predictions import (
    PREDICTION_COLUMNS,
    PROBABILITIES,
    SCORES,
    predicted_scores,
    read_predictions,
    write_predictions,
)
from lusscore.evaluation.rules import Rule, register_rule, rule_forms
from lusscore.evaluation.rules.chosen_rules import SELECTION_NAME, Rules
from lusscore.evaluation.rules.majority import majority_score
from lusscore.evaluation.run import check_run_name, new_run
from lusscore.evaluation.run_config import (
    CONFIG_NAME,
    BackboneTable,
    CohortTable,
    HeadTable,
    RunConfig,
    SelectionTable,
    read_config,
)
from lusscore.evaluation.selection.choosing import Choosing

__all__ = [
    "BASELINE",
    "CONFIG_NAME",
    "EMBEDDING",
    "LEVELS",
    "METRICS",
    "METRICS_NAME",
    "PREDICTIONS_NAME",
    "PREDICTION_COLUMNS",
    "PROBABILITIES",
    "SCHEMA",
    "SCORES",
    "SELECTION_NAME",
    "BackboneTable",
    "Choosing",
    "CohortTable",
    "Experiment",
    "FeatureSet",
    "HeadChoice",
    "HeadTable",
    "LabelledCohort",
    "Metrics",
    "Model",
    "Rule",
    "Rules",
    "RunConfig",
    "SelectionTable",
    "check_run_name",
    "describe_frames",
    "earlier_run",
    "evaluate_run",
    "global_scores",
    "load_cohort",
    "majority_predictions",
    "majority_score",
    "measure",
    "new_run",
    "parse_levels",
    "predicted_scores",
    "read_config",
    "read_metrics",
    "read_predictions",
    "register_rule",
    "rule_forms",
    "run_experiment",
    "score_at",
    "supported_level",
    "write_predictions",
]
