"""How ill each zone of a patient is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lusscore.cohort.phantom.keys import keyed_generator
from lusscore.cohort.phantom.settings import PROTOCOL, PhantomSettings
from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE, get_protocol

COVID, HEALTHY = "covid", "healthy"

# dependent zones are hit first and hardest in COVID-19 pneumonia
_REGION_OFFSETS = {
    "ant-sup": -0.35,
    "ant-inf": -0.10,
    "lat-sup": -0.15,
    "lat-inf": 0.10,
    "post-sup": 0.10,
    "post-inf": 0.40,
}
_PATIENT_MEAN, _PATIENT_SPREAD = 1.25, 0.9
_SIDE_SPREAD, _ZONE_SPREAD = 0.3, 0.7
_HEALTHY_ONES = 0.04
"""Share of a healthy patient's zones that score 1."""


def group_of(settings: PhantomSettings, patient: int) -> str:
    """Return the group of the patient with the number `patient`, from 1."""
    added = settings.covid_among_first(patient) - settings.covid_among_first(patient - 1)
    return COVID if added else HEALTHY


def zone_scores(settings: PhantomSettings, patient: int) -> Mapping[str, int]:
    """Draw the score of every zone of one patient.

    A COVID-19 patient has a latent severity on the scale of the score; each side and each zone
    deviates from it, and the sum is rounded. So a patient's zones resemble each other more than
    those of two patients.

    Returns
    -------
    mapping from zone name to score, 0–3, in the order of the protocol
    """
    rng = keyed_generator(settings.seed, patient, "severity")
    zones = get_protocol(PROTOCOL).zones
    if group_of(settings, patient) == HEALTHY:
        return {zone.name: int(rng.random() < _HEALTHY_ONES) for zone in zones}
    latent = rng.normal(_PATIENT_MEAN, _PATIENT_SPREAD)
    sides = dict(zip(("right", "left"), rng.normal(0, _SIDE_SPREAD, 2), strict=True))
    scores = {}
    for zone in zones:
        offset = _REGION_OFFSETS[zone.name.split("-", 1)[1]]
        value = latent + sides[zone.side] + offset + rng.normal(0, _ZONE_SPREAD)
        scores[zone.name] = int(np.clip(np.rint(value), 0, MAXIMUM_ZONE_SCORE))
    return scores
