"""Which backbones cohorts have feature files of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lusscore.cohort import Cohort


def computed_backbones(features_dir: Path, cohorts: Sequence[Cohort]) -> list[str]:
    """Name the backbones that all cohorts have a feature file of, in the order of the registry."""
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
    foreign = sorted(names - set(backbone_names()))
    if foreign:
        raise FeatureFileError(
            f"{folder / foreign[0]}.h5 comes from an ONNX file; name the backbones to use, that "
            f"one as --backbone <folder>/{foreign[0]}.onnx."
        )
    return [name for name in backbone_names() if name in names]
