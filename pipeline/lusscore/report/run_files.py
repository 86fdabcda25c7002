"""All files of a run that its report is made from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import pandas as pd

from lusscore.cohort import Protocol, get_protocol
from lusscore.errors import RunError
from lusscore.evaluation import (
    SELECTION_NAME,
    RunConfig,
    read_config,
    read_metrics,
    supported_level,
)

_NAMES = ("model", "patient", "exam", "zone", "clip", "group")


@dataclass(frozen=True)
class RunFiles:
    """A run as read from disk.

    Attributes
    ----------
    config
        ``config.toml``.
    protocol
        The cohort's protocol.
    metrics
        ``metrics.json``.
    folds, training, clips, zones, exams, zone_accuracy, roc
        The tables of these names; names are text, all else is numbers.
    selection
        ``tables/selection.csv``, all text; None where nothing was chosen inside folds.
    """

    config: RunConfig
    protocol: Protocol
    metrics: Mapping[str, Any]
    folds: pd.DataFrame
    training: pd.DataFrame
    clips: pd.DataFrame
    zones: pd.DataFrame
    exams: pd.DataFrame
    zone_accuracy: pd.DataFrame
    roc: pd.DataFrame
    selection: pd.DataFrame | None = None

    @property
    def models(self) -> list[str]:
        """Models without the baseline, in the order of the command, the paper's head first."""
        return list(self.metrics["models"])

    @property
    def command(self) -> str:
        """The command that made the run; of absolute paths the last part alone."""
        words = shlex.split(self.config.run.command)
        return " ".join(map(_last_part, words))

    @property
    def level(self) -> str:
        """The level that sums the run up: that of the labels, but clips where no zone is known."""
        return supported_level(self.metrics)


def read_run_files(folder: Path) -> RunFiles:
    """Read what :func:`lusscore.evaluation.evaluate_run` and cross-validation have written.

    Raises
    ------
    RunError
        If `folder` is no run folder, or a file is missing or damaged; the file is named.
    """
    config = read_config(folder)
    return RunFiles(
        config=config,
        protocol=get_protocol(config.cohort.protocol),
        metrics=read_metrics(folder),
        folds=_read_table(folder / "folds.csv"),
        training=_read_table(folder / "tables" / "training.csv"),
        clips=_read_table(folder / "clips.csv"),
        zones=_read_table(folder / "zones.csv"),
        exams=_read_table(folder / "exams.csv"),
        zone_accuracy=_read_table(folder / "tables" / "zone_accuracy.csv"),
        roc=_read_table(folder / "tables" / "roc.csv"),
        selection=_read_selection(folder / SELECTION_NAME),
    )


def _last_part(word: str) -> str:
    """Return what a report shows of a word: folders of this machine may be named after people."""
    option, equals, value = word.rpartition("=")
    # Windows' rules know both kinds of slashes, and drives
    path = PureWindowsPath(value)
    inside = not path.anchor and ".." not in path.parts and not value.startswith("~")
    return shlex.quote(word) if inside else f"{option}{equals}…/{shlex.quote(path.name)}"


def _read_selection(path: Path) -> pd.DataFrame | None:
    return _read_table(path, str) if path.exists() else None


def _read_table(path: Path, dtype: Any = None) -> pd.DataFrame:
    try:
        # only empty cells are undefined: a patient may be called "NA"
        table = pd.read_csv(
            path,
            dtype=dtype or dict.fromkeys(_NAMES, str),
            keep_default_na=False,
            encoding="utf-8",
        )
    except FileNotFoundError:
        raise _missing(path) from None
    except (ValueError, pd.errors.ParserError) as error:
        raise RunError(
            f"it is not a table ({error})", advice="run 'lusscore cv' again", path=path
        ) from None
    return table


def _missing(path: Path) -> RunError:
    return RunError(
        f"the run lacks {path.name}, from which the report is made; expected the folder of a "
        "finished run",
        advice="run 'lusscore cv' again",
        path=path.parent,
    )
