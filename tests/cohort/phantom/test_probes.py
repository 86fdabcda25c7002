from __future__ import annotations

import pytest

from lusscore.cohort.phantom.probes import PROBE_SHARES, PROBES


def test_names_say_that_the_probes_are_synthetic_and_differ() -> None:
    names = [probe.name for probe in PROBES]
    assert all(name.startswith("phantom-") for name in names)
    assert len(set(names)) == len(names)


def test_every_probe_has_a_share() -> None:
    assert len(PROBE_SHARES) == len(PROBES)
    assert sum(PROBE_SHARES) == pytest.approx(1)


def test_there_are_convex_and_linear_probes() -> None:
    assert {probe.convex for probe in PROBES} == {True, False}


def test_a_higher_frequency_resolves_finer() -> None:
    by_frequency = sorted(PROBES, key=lambda probe: probe.frequency)
    lengths = [probe.pulse_length for probe in by_frequency]
    assert lengths == sorted(lengths, reverse=True)
