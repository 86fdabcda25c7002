"""Cohorts: card, manifest, protocols, folds, importers and the phantom."""

from lusscore.cohort.card import CARD_NAME, Card, read_card, write_card
from lusscore.cohort.cohort import Cohort, read_cohort, write_cohort
from lusscore.cohort.consensus import Settled, settle_raters
from lusscore.cohort.extraction import ExtractionSettings
from lusscore.cohort.frames_policy import FramesPolicy
from lusscore.cohort.importers import (
    Imported,
    ImportOptions,
    get_importer,
    importer_names,
    importer_summary,
    register_importer,
)
from lusscore.cohort.manifest import MANIFEST_NAME, read_manifest, write_manifest
from lusscore.cohort.protocols import (
    MAXIMUM_ZONE_SCORE,
    Protocol,
    Zone,
    get_protocol,
    protocol_names,
)
from lusscore.cohort.ratings import RATINGS_NAME, Rating, read_ratings, write_ratings
from lusscore.cohort.rubrics import describe_rubric, rubric_names
from lusscore.cohort.span import Span
from lusscore.cohort.zone_names import (
    NameReading,
    choose_protocol,
    find_zone,
    read_name,
    sides_in,
    zone_in_name,
)

__all__ = [
    "CARD_NAME",
    "MANIFEST_NAME",
    "MAXIMUM_ZONE_SCORE",
    "RATINGS_NAME",
    "Card",
    "Cohort",
    "ExtractionSettings",
    "FramesPolicy",
    "ImportOptions",
    "Imported",
    "NameReading",
    "Protocol",
    "Rating",
    "Settled",
    "Span",
    "Zone",
    "choose_protocol",
    "describe_rubric",
    "find_zone",
    "get_importer",
    "get_protocol",
    "importer_names",
    "importer_summary",
    "protocol_names",
    "read_card",
    "read_cohort",
    "read_manifest",
    "read_name",
    "read_ratings",
    "register_importer",
    "rubric_names",
    "settle_raters",
    "sides_in",
    "write_card",
    "write_cohort",
    "write_manifest",
    "write_ratings",
    "zone_in_name",
]
