"""The synthetic probes."""

from __future__ import annotations

from dataclasses import dataclass

SPEED_OF_SOUND = 1.54
"""Speed of sound in soft tissue, mm per microsecond."""


@dataclass(frozen=True)
class Probe:
    """What sets the geometry and the resolution of an image.

    Attributes
    ----------
    name
        Name of the device in the manifest.
    radius
        Radius of the curved face in mm; 0 for a linear probe.
    width
        Field of view: full angle in radians if convex, mm if linear.
    frequency, cycles
        Centre frequency in MHz and length of the pulse in periods.
    aperture, focus
        Active aperture and depth of the transmit focus, in mm.
    depths
        Range of the displayed depth in mm.
    grain
        Share of the speckle's contrast that its image processing leaves, 0–1.
    dynamic_range
        Range of the displayed dynamic range in dB.
    walls
        Range of the thickness of the chest wall in mm in the patients scanned with it.
    cropped
        Whether the sides of the fan run out of the image.
    tint
        Display colour of white: red, green and blue, 0–1.
    """

    name: str
    radius: float
    width: float
    frequency: float
    cycles: float
    aperture: float
    focus: float
    depths: tuple[float, float]
    grain: float
    dynamic_range: tuple[float, float]
    walls: tuple[float, float]
    cropped: bool
    tint: tuple[float, float, float]

    @property
    def convex(self) -> bool:
        """Whether the face is curved, so that beams fan out."""
        return self.radius > 0

    @property
    def wavelength(self) -> float:
        """Wavelength in mm."""
        return SPEED_OF_SOUND / self.frequency

    @property
    def pulse_length(self) -> float:
        """Axial resolution in mm: half the length of the pulse."""
        return self.cycles * self.wavelength / 2

    def lateral(self, arc: float, depth: float) -> float:
        """Turn `arc` mm along the depth `depth` mm into radians (convex) or mm (linear)."""
        return arc / (self.radius + depth) if self.convex else arc


PROBES = (
    Probe(
        name="phantom-convex-A",
        radius=52.0,
        width=1.28,
        frequency=3.0,
        cycles=1.5,
        aperture=20.0,
        focus=60.0,
        depths=(85.0, 125.0),
        grain=0.32,
        dynamic_range=(66.0, 76.0),
        walls=(16.0, 34.0),
        cropped=True,
        tint=(1.0, 1.0, 1.0),
    ),
    Probe(
        name="phantom-convex-B",
        radius=40.0,
        width=0.92,
        frequency=3.6,
        cycles=1.5,
        aperture=23.0,
        focus=50.0,
        depths=(80.0, 125.0),
        grain=0.45,
        dynamic_range=(60.0, 70.0),
        walls=(16.0, 36.0),
        cropped=False,
        tint=(0.95, 0.98, 1.0),
    ),
    Probe(
        name="phantom-linear-A",
        radius=0.0,
        width=46.0,
        frequency=7.0,
        cycles=1.5,
        aperture=14.0,
        focus=22.0,
        depths=(50.0, 66.0),
        grain=0.4,
        dynamic_range=(62.0, 72.0),
        walls=(10.0, 20.0),
        cropped=False,
        tint=(1.0, 1.0, 0.96),
    ),
)
"""All probes; patients get them in the ratio of `PROBE_SHARES`."""

PROBE_SHARES = (0.45, 0.33, 0.22)
"""Share of patients scanned with each of `PROBES`."""
