"""The insonified part of a clip, what is written over it, and hiding the rest."""

from lusscore.sector.find import SECTOR_VERSION, SectorFinder, find_sector
from lusscore.sector.show import (
    CONTRAST_POLICIES,
    SECTOR_POLICIES,
    Box,
    Sector,
    change_contrast,
    is_blank,
    sector_crop,
    sector_mask,
    show_sector,
    text_mask,
)

__all__ = [
    "CONTRAST_POLICIES",
    "SECTOR_POLICIES",
    "SECTOR_VERSION",
    "Box",
    "Sector",
    "SectorFinder",
    "change_contrast",
    "find_sector",
    "is_blank",
    "sector_crop",
    "sector_mask",
    "show_sector",
    "text_mask",
]
