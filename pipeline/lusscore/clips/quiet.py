"""Keep libraries from writing to the terminal what a clip says of a patient."""

from __future__ import annotations

import warnings


def hush(package: str) -> None:
    """Ignore the warnings of a package from now on: they may quote what a header says.

    Called before each use and not once at import, because whoever resets the warning filters
    meanwhile would let them through again. What matters in them becomes a ClipError.

    Parameters
    ----------
    package
        Import name, e.g. ``"pydicom"``.
    """
    warnings.filterwarnings("ignore", module=rf"{package}(\.|$)")
