from dataclasses import replace

import pytest


@pytest.fixture
def external(clinical):
    """The clinical run as if trained on another cohort, of another protocol."""
    other = clinical.config["cohort"] | {
        "name": "far", "protocol": "lus-8", "patients": 30, "frames": 1000,
        "skipped_clips": [{"clip": "a.mp4", "error": "broken"}],
    }  # fmt: skip
    return replace(clinical, config=clinical.config | {"trained_on": [other]})
