from __future__ import annotations

from collections import Counter

from lusscore.cohort.phantom.patients import draw_patient
from lusscore.cohort.phantom.probes import PROBES
from lusscore.cohort.phantom.settings import PhantomSettings
from lusscore.cohort.phantom.severity import COVID


def test_names_are_numbered() -> None:
    assert draw_patient(PhantomSettings(), 7).name == "phantom-007"


def test_a_patient_does_not_depend_on_the_number_of_patients() -> None:
    assert draw_patient(PhantomSettings(patients=2), 2) == draw_patient(PhantomSettings(), 2)


def test_another_seed_gives_another_patient() -> None:
    assert draw_patient(PhantomSettings(seed=1), 2) != draw_patient(PhantomSettings(seed=2), 2)


def test_every_probe_scans_both_groups() -> None:
    settings = PhantomSettings()
    patients = [draw_patient(settings, number) for number in range(1, 50)]
    found = Counter((patient.probe.name, patient.group == COVID) for patient in patients)
    assert set(found) == {(probe.name, covid) for probe in PROBES for covid in (True, False)}
