"""Which heads and features a run has trained, those that folds could choose among included."""

from __future__ import annotations

import re

from lusscore.report.run_files import RunFiles

_LEVELS = re.compile(r"\[([^\]]*)\]")
_CHOSEN = "selected/"


def candidates(run: RunFiles) -> list[str]:
    """Return what folds could choose among, with settings: ``"vgg16/logistic C=0.1"``."""
    return list(run.config.selection.candidates) if run.config.selection else []


def trained(run: RunFiles) -> list[str]:
    """Name all models and candidates by features and head, without settings."""
    models = [name for name in run.models if not name.startswith(_CHOSEN)]
    return list(dict.fromkeys([*models, *(one.partition(" ")[0] for one in candidates(run))]))


def head_names(run: RunFiles) -> list[str]:
    """Name every head, candidates' too."""
    chosen = [name.rpartition("/")[2].removesuffix("-mean") for name in trained(run)]
    return list(dict.fromkeys([*(head.name for head in run.config.heads), *chosen]))


def levels_seen(run: RunFiles) -> list[str]:
    """Name levels of maps that stand in the names of models."""
    found = [part for name in trained(run) for part in _LEVELS.findall(name)]
    return list(dict.fromkeys(level for part in found for level in part.split("+")))


def joined_backbones(run: RunFiles) -> list[str]:
    """Name models of several backbones."""
    return [name for name in trained(run) if "+" in _LEVELS.sub("", name.partition("/")[0])]


def setting_told(run: RunFiles, key: str) -> str:
    """Tell a setting of every head that has it; "" if none has, or only its being off."""
    told = [
        f"{head.name} {shown(head.settings[key])}"
        for head in run.config.heads
        if head.settings.get(key) not in (None, 0, "none")
    ]
    tried = re.compile(rf"\b{re.escape(key)}=[^, ]+")
    varied = {match[0] for one in candidates(run) for match in tried.finditer(one)}
    return ", ".join([*told, *(f"tried {one}" for one in sorted(varied))])


def shown(value: object) -> object:
    """Write yes and no for a switch."""
    return ("yes" if value else "no") if isinstance(value, bool) else value
