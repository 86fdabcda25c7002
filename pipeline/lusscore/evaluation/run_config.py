"""``config.toml`` of a run folder: what was run, on what, with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from lusscore.errors import RunError

CONFIG_NAME = "config.toml"
_REQUIRED = {
    "run": ("name", "command", "created", "lusscore"),
    "cohort": ("name", "protocol", "rubric", "label_level", "synthetic"),
    "cross_validation": ("folds", "repeats", "seed"),
    "head": ("name",),
}


def read_config(folder: Path) -> Mapping[str, Any]:
    """Read a run's configuration as plain dicts, lists, text and numbers.

    Raises
    ------
    RunError
        If `folder` is no run folder, or the file is not TOML or lacks what every run records.
    """
    path = folder / CONFIG_NAME
    if not folder.is_dir():
        raise RunError(f"No run at {folder}; expected a folder that 'lusscore cv' has written.")
    try:
        config = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    except FileNotFoundError:
        raise RunError(
            f"{folder} is not a run folder: {CONFIG_NAME} is missing; expected a folder that "
            "'lusscore cv' has written."
        ) from None
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise RunError(f"{path} is not valid TOML ({error}); run 'lusscore cv' again.") from None
    missing = [
        f"{table}.{key}"
        for table, keys in _REQUIRED.items()
        for key in keys
        if key not in config.get(table, {})
    ]
    if missing:
        raise RunError(f"{path} does not give {', '.join(missing)}; run 'lusscore cv' again.")
    return config
