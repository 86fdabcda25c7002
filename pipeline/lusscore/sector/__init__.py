"""The insonified part of a clip, what is written over it, and hiding the rest."""

from lusscore.sector.sector import Box, Sector

__all__ = ["Box", "Sector"]
