"""The insonified part of a clip, what is written over it, and hiding the rest."""

from lusscore.sector.find import SECTOR_VERSION, SectorFinder, find_sector
from lusscore.sector.sector import Box, Sector
from lusscore.sector.show import SECTOR_POLICIES, sector_mask, show_sector, text_mask

__all__ = [
    "SECTOR_POLICIES",
    "SECTOR_VERSION",
    "Box",
    "Sector",
    "SectorFinder",
    "find_sector",
    "sector_mask",
    "show_sector",
    "text_mask",
]
