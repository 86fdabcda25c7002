"""Where a key file may lie: never beside what it is to protect."""

from __future__ import annotations

import os
from pathlib import Path

from lusscore.errors import PrivacyError


def check_key_place(key_file: Path, folder: Path) -> Path:
    """Return where a key file lies, links followed.

    Parameters
    ----------
    key_file
        As the user named it.
    folder
        The cohort's folder, inside the data folder.

    Raises
    ------
    PrivacyError
        If it lies in the cohort's folder or in the data folder, which are what is shared, or if
        it is a folder.
    """
    place, cohort = key_file.expanduser().resolve(), folder.resolve()
    for home, name in ((cohort, "cohort folder"), (cohort.parent, "data folder")):
        if home == place or home in place.parents:
            raise PrivacyError(
                f"The key file {key_file} lies inside the {name} {home}, and whoever gets a copy "
                "of that would get the patients' names too; keep it elsewhere, readable by you "
                "alone."
            )
    if os.path.isdir(place):  # noqa: PTH112  false, and no error, where nobody may look
        raise PrivacyError(
            f"{key_file} is a folder; expected the name of a key file, such as "
            f"{key_file / 'key.csv'}."
        )
    return place
