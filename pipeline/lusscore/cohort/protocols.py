"""Protocols (which zones an exam has) and rubrics (the rules by which scores are given)."""

from __future__ import annotations

from dataclasses import dataclass

from lusscore.errors import CohortError

MAXIMUM_ZONE_SCORE = 3
_ASPECTS = {"ant": "anterior", "lat": "lateral", "post": "posterior"}
_LEVELS = {"sup": "superior", "mid": "middle", "inf": "inferior"}
_BLUE_POINTS = {"1": "upper BLUE point", "2": "lower BLUE point", "3": "PLAPS point"}
_SIDES = (("R", "right"), ("L", "left"))
_RUBRICS = {
    "lung-ultrasound-score": "Lung Ultrasound Score 0–3 as in Raillard et al. 2022, Table 1",
    "soldati-2020": "Soldati et al. 2020, J Ultrasound Med 39(7):1413–1419",
    "bouhemad-2011": "Bouhemad et al. 2011, Am J Respir Crit Care Med 183(3):341–347",
    "unknown": "not specified",
}


@dataclass(frozen=True)
class Zone:
    """One examined lung region.

    Attributes
    ----------
    name
        The word used in manifests, file names and tables.
    side
        ``"left"`` or ``"right"`` of the patient.
    label
        The region in full words.
    """

    name: str
    side: str
    label: str


@dataclass(frozen=True)
class Protocol:
    """A zone vocabulary.

    Attributes
    ----------
    name
        Registered name, e.g. ``"lus-12"``.
    zones
        All zones in reading order, right side first.
    source
        Where the protocol is described.
    """

    name: str
    zones: tuple[Zone, ...]
    source: str

    @property
    def maximum(self) -> int:
        """Highest global score: three points for each zone."""
        return MAXIMUM_ZONE_SCORE * len(self.zones)

    @property
    def zone_names(self) -> tuple[str, ...]:
        """Names of all zones in reading order."""
        return tuple(zone.name for zone in self.zones)


def _grid(*regions: str) -> tuple[Zone, ...]:
    """Zones ``R-<region>`` and ``L-<region>`` for regions such as ``"ant-sup"``."""
    zones = []
    for letter, side in _SIDES:
        for region in regions:
            aspect, level = region.split("-")
            label = f"{side} {_ASPECTS[aspect]} {_LEVELS[level]}"
            zones.append(Zone(f"{letter}-{region}", side, label))
    return tuple(zones)


_ALL = (
    Protocol(
        "lus-12",
        _grid("ant-sup", "ant-inf", "lat-sup", "lat-inf", "post-sup", "post-inf"),
        "Bouhemad et al. 2011; Raillard et al. 2022",
    ),
    Protocol(
        "lus-14",
        _grid("ant-sup", "ant-inf", "lat-sup", "lat-inf", "post-sup", "post-mid", "post-inf"),
        "Soldati et al. 2020",
    ),
    Protocol("lus-8", _grid("ant-sup", "ant-inf", "lat-sup", "lat-inf"), "Volpicelli et al. 2012"),
    Protocol(
        "blue-6",
        tuple(
            Zone(f"{letter}{number}", side, f"{side} {point}")
            for letter, side in _SIDES
            for number, point in _BLUE_POINTS.items()
        ),
        "Lichtenstein 2014",
    ),
)
_PROTOCOLS = {protocol.name: protocol for protocol in _ALL}


def protocol_names() -> tuple[str, ...]:
    """Names of all registered protocols."""
    return tuple(_PROTOCOLS)


def get_protocol(name: str) -> Protocol:
    """Return the protocol registered under `name`; raise CohortError if there is none."""
    if name not in _PROTOCOLS:
        allowed = ", ".join(_PROTOCOLS)
        raise CohortError(f"Unknown protocol {name!r}; expected one of {allowed}.")
    return _PROTOCOLS[name]


def rubric_names() -> tuple[str, ...]:
    """Names of all registered rubrics."""
    return tuple(_RUBRICS)


def describe_rubric(name: str) -> str:
    """Return the reference of a registered rubric; raise CohortError if there is none."""
    if name not in _RUBRICS:
        allowed = ", ".join(_RUBRICS)
        raise CohortError(f"Unknown rubric {name!r}; expected one of {allowed}.")
    return _RUBRICS[name]
