"""Stage one: frames to embeddings, computed once and kept by content."""

from lusscore.backbones import EngineChoice
from lusscore.features.computing import Callbacks, Order, compute_clip
from lusscore.features.extract import IMAGES_PER_BATCH, RunChoice, extract_features
from lusscore.features.feature_file import (
    Features,
    feature_path,
    read_features,
    write_features,
)
from lusscore.features.forecast import Forecast, forecast_features
from lusscore.features.images import (
    Chunk,
    ClipEnd,
    apply_transform,
    draw_transform,
    letterbox,
    letterbox_box,
    make_variants,
    stream_clips,
)
from lusscore.features.media import (
    Media,
    MediaIndex,
    PlannedClip,
    Survey,
    inspect_clip,
    plan_clip,
    survey_clip,
)
from lusscore.features.parts import Block, Needs, PartStore
from lusscore.features.recipe import EMBEDDING, differences, make_recipe, make_selection
from lusscore.features.stock import (
    Outcome,
    computed_backbones,
    find_backbone,
    find_weights,
    read_fresh,
)
from lusscore.features.upkeep import (
    FileReport,
    FileStatus,
    Pruned,
    cohort_status,
    find_digests,
    find_unneeded,
    forget_clips,
    prune,
    repair_cohort,
    verify_cohort,
)

__all__ = [
    "EMBEDDING",
    "IMAGES_PER_BATCH",
    "Block",
    "Callbacks",
    "Chunk",
    "ClipEnd",
    "EngineChoice",
    "Features",
    "FileReport",
    "FileStatus",
    "Forecast",
    "Media",
    "MediaIndex",
    "Needs",
    "Order",
    "Outcome",
    "PartStore",
    "PlannedClip",
    "Pruned",
    "RunChoice",
    "Survey",
    "apply_transform",
    "cohort_status",
    "compute_clip",
    "computed_backbones",
    "differences",
    "draw_transform",
    "extract_features",
    "feature_path",
    "find_backbone",
    "find_digests",
    "find_unneeded",
    "find_weights",
    "forecast_features",
    "forget_clips",
    "inspect_clip",
    "letterbox",
    "letterbox_box",
    "make_recipe",
    "make_selection",
    "make_variants",
    "plan_clip",
    "prune",
    "read_features",
    "read_fresh",
    "repair_cohort",
    "stream_clips",
    "survey_clip",
    "verify_cohort",
    "write_features",
]
