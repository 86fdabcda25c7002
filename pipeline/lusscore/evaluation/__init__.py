"""Cross-validation, metrics and comparison."""

from lusscore.evaluation.aggregation import LEVELS, SELECTION_NAME, group_frames
from lusscore.evaluation.crossval import choose_inside
from lusscore.evaluation.dataset import LabelledCohort, LabelledFrames, describe_frames, load_cohort
from lusscore.evaluation.evaluate import (
    METRICS_NAME,
    MetricsRecord,
    evaluate_run,
    read_metrics,
    supported_level,
)
from lusscore.evaluation.experiment import Experiment, earlier_run
from lusscore.evaluation.metrics import (
    BINS,
    CLASS_METRICS,
    calibration_error,
    confidence_bin,
    draw_patients,
    interval,
    ratio,
)
from lusscore.evaluation.models import (
    EMBEDDING,
    FeatureSet,
    HeadChoice,
    Model,
    NestedCV,
    parse_levels,
    recorded_model,
    recorded_selection,
    selected_name,
)
from lusscore.evaluation.predictions import (
    BASELINE,
    PREDICTIONS_NAME,
    PROBABILITIES,
    SCORES,
    predicted_scores,
    read_predictions,
)
from lusscore.evaluation.rules import MAJORITY, GroupedFrames, Rule, register_rule
from lusscore.evaluation.run import check_run_name, new_run, run_experiment
from lusscore.evaluation.run_config import (
    CONFIG_NAME,
    REPORT_NAME,
    CohortTable,
    RunConfig,
    read_config,
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
    "METRICS_NAME",
    "PREDICTIONS_NAME",
    "PROBABILITIES",
    "REPORT_NAME",
    "SCORES",
    "SELECTION_NAME",
    "CohortTable",
    "Experiment",
    "FeatureSet",
    "GroupedFrames",
    "HeadChoice",
    "LabelledCohort",
    "LabelledFrames",
    "MetricsRecord",
    "Model",
    "NestedCV",
    "Rule",
    "RunConfig",
    "calibration_error",
    "check_run_name",
    "choose_inside",
    "confidence_bin",
    "describe_frames",
    "draw_patients",
    "earlier_run",
    "evaluate_run",
    "fit_on",
    "group_frames",
    "interval",
    "load_cohort",
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
    "run_experiment",
    "selected_name",
    "supported_level",
]
