"""Whether clips lie where the manifest says they do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import have, plural


@register_check("path-leaves-cohort", needs="manifest")
def check_paths(inspection: Inspection) -> Iterator[Finding]:
    """Find relative paths that lead out of the cohort's folder by a link.

    An absolute path says openly that a clip lies elsewhere, and is allowed; ``..`` is refused
    when the manifest is read.
    """
    folder = inspection.cohort.folder.resolve()
    leaving = tuple(look.clip for look in inspection.clips if _leaves(folder, look.clip))
    if leaving:
        yield Finding(
            "error",
            "path-leaves-cohort",
            f"{plural(len(leaving), 'clip')} {have(len(leaving))} a relative path that leads "
            "out of the cohort's folder by a link.",
            clips=each(leaving),
            advice=(
                "Write the absolute path of a clip that lies elsewhere, or move it into the folder."
            ),
        )


def _leaves(folder: Path, clip: str) -> bool:
    if Path(clip).is_absolute() or PureWindowsPath(clip).is_absolute():
        return False
    # Unlike Path.resolve, realpath takes a loop of links; that is told as a clip that is not there
    return not Path(os.path.realpath(folder / clip)).is_relative_to(folder)
