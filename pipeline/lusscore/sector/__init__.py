"""The insonified part of a clip, what is written over it, and hiding the rest."""

from lusscore.sector.contrast import CONTRAST_POLICIES, change_contrast
from lusscore.sector.find import SECTOR_VERSION, SectorFinder, find_sector
from lusscore.sector.sector import Box, Sector
from lusscore.sector.show import SECTOR_POLICIES, sector_crop, sector_mask, show_sector, text_mask

__all__ = [
    "CONTRAST_POLICIES",
    "SECTOR_POLICIES",
    "SECTOR_VERSION",
    "Box",
    "Sector",
    "SectorFinder",
    "change_contrast",
    "find_sector",
    "sector_crop",
    "sector_mask",
    "show_sector",
    "text_mask",
]
