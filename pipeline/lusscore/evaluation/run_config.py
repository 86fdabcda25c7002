"""``config.toml`` of a run folder: what was run, on what, with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import tomlkit
from pydantic import ConfigDict, Field

from lusscore.errors import RunError
from lusscore.records import Record, read_toml

CONFIG_NAME = "config.toml"
REPORT_NAME = "report.html"


class _Table(Record):
    """Written by lusscore alone: what another version of it adds does no harm."""

    model_config = ConfigDict(extra="ignore")


class RunTable(_Table):
    """The run itself; `settings` is the digest of all that was asked for."""

    name: str
    command: str
    created: str
    lusscore: str
    seconds: float | None = None
    notes: tuple[str, ...] = ()
    settings: str = ""


class SkippedClip(_Table):
    """A clip with a score that has no embeddings."""

    clip: str
    patient: str = ""
    zone: str = ""
    error: str


class CohortTable(_Table):
    """A cohort as it was: its card, digests, and counts of what was used.

    `manifest_clips` and those with and without a score are None where a run has not counted them;
    `fingerprints`, of feature files, stand for cohorts that are trained on alone.
    """

    name: str
    protocol: str
    rubric: str
    licence: str = ""
    citation: str = ""
    source: str = ""
    description: str = ""
    label_level: str
    synthetic: bool
    manifest_digest: str = ""
    media_digest: str = ""
    patients: int
    exams: int
    clips: int
    frames: int
    manifest_clips: int | None = None
    labelled_clips: int | None = None
    unlabelled_clips: int | None = None
    raters: int = 0
    devices: dict[str, int] = Field(default_factory=dict)
    groups: dict[str, int] = Field(default_factory=dict)
    skipped_clips: tuple[SkippedClip, ...] = ()
    extraction: dict[str, Any] = Field(default_factory=dict)
    fingerprints: dict[str, str] | None = None


class ValidationTable(_Table):
    """How patients were divided; `leave_out` is ``"group"``, ``"device"`` or None."""

    folds: int
    repeats: int
    seed: int
    leave_out: str | None = None


class RulesTable(_Table):
    """The rules from frames to clips and zones."""

    clip_rule: str = "majority"
    zone_rule: str = "majority"


class HeadTable(Record):
    """A head's name, and its settings beside it."""

    model_config = ConfigDict(extra="allow")
    name: str

    @property
    def settings(self) -> Mapping[str, Any]:
        """All settings by name."""
        return self.model_extra or {}


class BackboneTable(_Table):
    """A backbone, and the feature file that its embeddings were read from."""

    name: str
    input_size: tuple[int, int]
    preprocessing: str = ""
    embedding_size: int
    parameters: int
    flops: int | None = None
    weights_digest: str
    engine: str = ""
    precision: str = ""
    fingerprint: str
    frames: int
    variants: int


class SelectionTable(_Table):
    """What could be selected in each fold, and by what."""

    strategies: tuple[str, ...] = Field(validation_alias="ways", serialization_alias="ways")
    averaged: dict[str, int]
    criterion: str
    level: Literal["frame", "clip"]
    inner_folds: int
    rules: tuple[str, ...]
    candidates: tuple[str, ...]


class RunConfig(_Table):
    """The whole file; `inputs` has a digest of each thing that was read."""

    run: RunTable
    inputs: dict[str, str] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    cohort: CohortTable
    cross_validation: ValidationTable
    evaluation: RulesTable = RulesTable()
    models: tuple[str, ...] = ()
    head: HeadTable
    more_heads: tuple[HeadTable, ...] = ()
    backbones: tuple[BackboneTable, ...] = ()
    selection: SelectionTable | None = None
    trained_on: tuple[CohortTable, ...] = ()

    @property
    def heads(self) -> tuple[HeadTable, ...]:
        """All heads that every fold trained."""
        return (self.head, *self.more_heads)


def read_config(folder: Path) -> RunConfig:
    """Read a run's configuration.

    Raises
    ------
    RunError
        If `folder` is no run folder, or the file is not TOML or not what every run records.
    """
    try:
        return read_toml(
            folder / CONFIG_NAME, RunConfig, RunError, advice="run 'lusscore cv' again"
        )
    except FileNotFoundError:
        found = f"it is not a run folder: {CONFIG_NAME} is missing"
        raise RunError(
            found if folder.is_dir() else "there is no run",
            path=folder,
            advice="give a folder that 'lusscore cv' has written",
        ) from None


def write_config(folder: Path, config: RunConfig) -> None:
    """Write a run's configuration; what is not set is left out."""
    text = tomlkit.dumps(config.model_dump(mode="json", exclude_unset=True, exclude_none=True))
    (folder / CONFIG_NAME).write_text(text, encoding="utf-8")
