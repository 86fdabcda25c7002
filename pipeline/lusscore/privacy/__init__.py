"""De-identified copies of clips, and pseudonyms for patients."""

from lusscore.privacy.copies import MEDIA, CopiedClip, RedactionResult
from lusscore.privacy.deidentify import Deidentified, deidentify

__all__ = ["MEDIA", "CopiedClip", "Deidentified", "RedactionResult", "deidentify"]
