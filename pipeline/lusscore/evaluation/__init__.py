"""Cross-validation, metrics and comparison."""

from lusscore.evaluation.aggregation import (
    LEVELS,
    PREDICTED_COUNTS,
    SELECTION_NAME,
    TRUE_COUNTS,
    Rules,
    global_scores,
    group_frames,
    score_at,
)
from lusscore.evaluation.dataset import LabelledCohort, LabelledFrames, describe_frames, load_cohort
from lusscore.evaluation.evaluate import evaluate_run
from lusscore.evaluation.experiment import Experiment, earlier_run, run_experiment
from lusscore.evaluation.metrics import (
    BINS,
    CLASS_METRICS,
    METRICS,
    calibration_error,
    confidence_bin,
    ratio,
)
from lusscore.evaluation.metrics_json import (
    METRICS_NAME,
    SCHEMA,
    MetricsRecord,
    read_metrics,
    supported_level,
)
from lusscore.evaluation.models import EMBEDDING, FeatureSet, HeadChoice, Model, parse_levels
from lusscore.evaluation.nested import choose_inside
from lusscore.evaluation.predictions import (
    BASELINE,
    PREDICTION_COLUMNS,
    PREDICTIONS_NAME,
    PROBABILITIES,
    SCORES,
    majority_predictions,
    predicted_scores,
    read_predictions,
    write_predictions,
)
from lusscore.evaluation.resampling import draw_patients, interval
from lusscore.evaluation.rules import (
    MAJORITY,
    GroupedFrames,
    Rule,
    majority_score,
    register_rule,
    rule_forms,
)
from lusscore.evaluation.run import check_run_name, new_run
from lusscore.evaluation.run_config import (
    CONFIG_NAME,
    REPORT_NAME,
    BackboneTable,
    CohortTable,
    HeadTable,
    RunConfig,
    SelectionTable,
    read_config,
)
from lusscore.evaluation.selection import (
    NestedCV,
    recorded_model,
    recorded_selection,
    selected_name,
)
from lusscore.evaluation.train_head import fit_on

__all__ = [
    "BASELINE",
    "BINS",
    "CLASS_METRICS",
    "CONFIG_NAME",
    "EMBEDDING",
    "LEVELS",
    "MAJORITY",
    "METRICS",
    "METRICS_NAME",
    "PREDICTED_COUNTS",
    "PREDICTIONS_NAME",
    "PREDICTION_COLUMNS",
    "PROBABILITIES",
    "REPORT_NAME",
    "SCHEMA",
    "SCORES",
    "SELECTION_NAME",
    "TRUE_COUNTS",
    "BackboneTable",
    "CohortTable",
    "Experiment",
    "FeatureSet",
    "GroupedFrames",
    "HeadChoice",
    "HeadTable",
    "LabelledCohort",
    "LabelledFrames",
    "MetricsRecord",
    "Model",
    "NestedCV",
    "Rule",
    "Rules",
    "RunConfig",
    "SelectionTable",
    "calibration_error",
    "check_run_name",
    "choose_inside",
    "confidence_bin",
    "describe_frames",
    "draw_patients",
    "earlier_run",
    "evaluate_run",
    "fit_on",
    "global_scores",
    "group_frames",
    "interval",
    "load_cohort",
    "majority_predictions",
    "majority_score",
    "new_run",
    "parse_levels",
    "predicted_scores",
    "ratio",
    "read_config",
    "read_metrics",
    "read_predictions",
    "recorded_model",
    "recorded_selection",
    "register_rule",
    "rule_forms",
    "run_experiment",
    "score_at",
    "selected_name",
    "supported_level",
    "write_predictions",
]
