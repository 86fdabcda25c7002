"""Rubrics: the published rules by which scores 0–3 are given."""

from __future__ import annotations

from lusscore.errors import CohortError

_RUBRICS = {
    "lung-ultrasound-score": "Lung Ultrasound Score 0–3 as in Raillard et al. 2022, Table 1",
    "soldati-2020": "Soldati et al. 2020, J Ultrasound Med 39(7):1413–1419",
    "bouhemad-2011": "Bouhemad et al. 2011, Am J Respir Crit Care Med 183(3):341–347",
    "unknown": "not told by the source",
}


def rubric_names() -> tuple[str, ...]:
    """Names of all registered rubrics."""
    return tuple(_RUBRICS)


def describe_rubric(name: str) -> str:
    """Return the reference of the rubric registered under `name`.

    Raises
    ------
    CohortError
        If no rubric has that name; the message lists those there are.
    """
    try:
        return _RUBRICS[name]
    except KeyError:
        allowed = ", ".join(_RUBRICS)
        raise CohortError(f"Unknown rubric {name!r}; expected one of {allowed}.") from None
