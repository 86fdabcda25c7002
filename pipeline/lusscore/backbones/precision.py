"""Number formats in which a network can compute."""

from __future__ import annotations

from lusscore.errors import EngineError

DEFAULT_PRECISION = "f32"
# f32 is the reference; the others are faster where the hardware has them and change embeddings
PRECISIONS = (DEFAULT_PRECISION, "bf16", "f16")

_NO_INT8 = (
    "Precision int8 is not offered: its scales have to be fitted to sample frames, so an embedding "
    "would depend on the cohort it was computed with, and a cohort that grows would not fit its "
    "own feature file. Use bf16, which needs no samples (docs/backbones.md)."
)


def check_precision(precision: str) -> str:
    """Return `precision` if it is one of :data:`PRECISIONS`.

    Raises
    ------
    EngineError
        If it is not; for int8 the message says why.
    """
    if precision == "int8":
        raise EngineError(_NO_INT8)
    if precision not in PRECISIONS:
        raise EngineError(f"Unknown precision {precision!r}; expected {', '.join(PRECISIONS)}.")
    return precision
