"""De-identified copies of clips, and pseudonyms for patients."""

from lusscore.privacy.deidentify import Deidentified, deidentify
from lusscore.privacy.media_folder import MEDIA, CopiedClip
from lusscore.privacy.treatment import RedactionResult

__all__ = ["MEDIA", "CopiedClip", "Deidentified", "RedactionResult", "deidentify"]
