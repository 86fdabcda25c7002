"""De-identified copies of clips, and pseudonyms for patients."""
