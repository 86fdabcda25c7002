"""Cohorts: card, manifest, protocols, folds, importers and the phantom."""

from lusscore.cohort.card import CARD_NAME, Card, read_card, write_card
from lusscore.cohort.cohort import Cohort, read_cohort, write_cohort
from lusscore.cohort.consensus import Consensus, consensus_labels, parse_rule
from lusscore.cohort.extraction import (
    BANDS,
    STRIDES,
    ExtractionSettings,
    FramesPolicy,
    Level,
    check_levels,
)
from lusscore.cohort.importers import (
    Imported,
    ImportOptions,
    cohort_name,
    get_importer,
    importer_names,
    importer_summary,
    register_importer,
)
from lusscore.cohort.importers.columns import COLUMN_WORDS, Column, choose_columns
from lusscore.cohort.importers.fields import read_score
from lusscore.cohort.importers.media import path_parts
from lusscore.cohort.manifest import (
    MANIFEST_NAME,
    OPTIONAL_COLUMNS,
    REQUIRED_COLUMNS,
    read_manifest,
    write_manifest,
)
from lusscore.cohort.phantom import PhantomSettings, write_phantom
from lusscore.cohort.protocols import (
    MAXIMUM_ZONE_SCORE,
    Protocol,
    Zone,
    get_protocol,
    protocol_names,
)
from lusscore.cohort.ratings import (
    RATING_COLUMNS,
    RATINGS_NAME,
    Rating,
    read_ratings,
    write_ratings,
)
from lusscore.cohort.rubrics import describe_rubric, rubric_names
from lusscore.cohort.segments import (
    END,
    UNNAMED,
    RatedSegment,
    Segment,
    cut_into_rated_segments,
    read_frame_range,
)
from lusscore.cohort.splits import (
    FOLD_COLUMNS,
    Split,
    leave_one_out,
    read_folds,
    split_by_cohort,
    split_into_folds,
    split_training,
    write_folds,
)
from lusscore.cohort.zone_names import (
    NameReading,
    choose_protocol,
    find_zone,
    read_name,
    sides_in,
    zone_in_name,
)

__all__ = [
    "BANDS",
    "CARD_NAME",
    "COLUMN_WORDS",
    "END",
    "FOLD_COLUMNS",
    "MANIFEST_NAME",
    "MAXIMUM_ZONE_SCORE",
    "OPTIONAL_COLUMNS",
    "RATINGS_NAME",
    "RATING_COLUMNS",
    "REQUIRED_COLUMNS",
    "STRIDES",
    "UNNAMED",
    "Card",
    "Cohort",
    "Column",
    "Consensus",
    "ExtractionSettings",
    "FramesPolicy",
    "ImportOptions",
    "Imported",
    "Level",
    "NameReading",
    "PhantomSettings",
    "Protocol",
    "RatedSegment",
    "Rating",
    "Segment",
    "Split",
    "Zone",
    "check_levels",
    "choose_columns",
    "choose_protocol",
    "cohort_name",
    "consensus_labels",
    "cut_into_rated_segments",
    "describe_rubric",
    "find_zone",
    "get_importer",
    "get_protocol",
    "importer_names",
    "importer_summary",
    "leave_one_out",
    "parse_rule",
    "path_parts",
    "protocol_names",
    "read_card",
    "read_cohort",
    "read_folds",
    "read_frame_range",
    "read_manifest",
    "read_name",
    "read_ratings",
    "read_score",
    "register_importer",
    "rubric_names",
    "sides_in",
    "split_by_cohort",
    "split_into_folds",
    "split_training",
    "write_card",
    "write_cohort",
    "write_folds",
    "write_manifest",
    "write_phantom",
    "write_ratings",
    "zone_in_name",
]
