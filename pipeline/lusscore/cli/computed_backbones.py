"""Which backbones cohorts have feature files of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lusscore.backbones import BackboneSpec
    from lusscore.cohort import Cohort


def find_backbones(
    named: Sequence[str], features_dir: Path, cohorts: Sequence[Cohort]
) -> list[BackboneSpec]:
    """Find the backbones that a user names, or else all that the cohorts have a feature file of."""
    from lusscore.features import find_backbone

    names = named or _computed(features_dir, cohorts)
    return [find_backbone(name, features_dir, cohorts) for name in dict.fromkeys(names)]


def _computed(features_dir: Path, cohorts: Sequence[Cohort]) -> list[str]:
    """Name the backbones that all cohorts have a feature file of, the registry's first."""
    from lusscore.backbones import backbone_names
    from lusscore.errors import FeatureFileError

    found = {}
    for cohort in cohorts:
        folder = features_dir / cohort.name
        found[folder] = {path.stem for path in folder.glob("*.h5")}
        if not found[folder]:
            raise FeatureFileError(
                f"No feature files in {folder}; make one with 'lusscore features {folder.name}'."
            )
    names = set.intersection(*found.values())
    if not names:
        told = "; ".join(f"{folder} has {', '.join(sorted(own))}" for folder, own in found.items())
        raise FeatureFileError(
            f"No backbone has a feature file for all cohorts: {told}. Make what is missing with "
            "'lusscore features'."
        )
    known = [name for name in backbone_names() if name in names]
    return known + sorted(names - set(known))
