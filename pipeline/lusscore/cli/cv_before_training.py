"""The cross-validation that ``lusscore train`` makes where no run is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lusscore.cli.computed_backbones import find_backbones
from lusscore.cli.head_settings import choose_heads
from lusscore.cli.make_run import make_run

if TYPE_CHECKING:
    from lusscore.cohort import Cohort
    from lusscore.evaluation.experiment import Experiment


def plan_experiment(
    cohort: Cohort,
    features_dir: Path,
    *,
    backbones: tuple[str, ...],
    head: str,
    assignments: tuple[str, ...],
    levels: str,
    rules: tuple[str, str],
    folds: int,
    seed: int,
) -> Experiment:
    """Return what the options ask for; without backbones, with all that have a feature file."""
    from lusscore.evaluation.experiment import Experiment
    from lusscore.evaluation.feature_sets import parse_levels
    from lusscore.evaluation.rules import Rule

    specs = find_backbones(backbones, features_dir, (cohort,))
    clip_rule, zone_rule = map(Rule.parse, rules)
    return Experiment(
        cohort,
        tuple(specs),
        choose_heads((head,), {}, assignments),
        folds,
        seed=seed,
        combine=("concatenate",) if len(specs) > 1 else (),
        levels=(parse_levels(levels),),
        clip_rule=clip_rule,
        zone_rule=zone_rule,
    )


def trained_model(experiment: Experiment) -> str:
    """Name the model of the experiment that is to be trained: the head on all backbones."""
    from lusscore.evaluation.feature_sets import FeatureSet
    from lusscore.evaluation.models import Model

    (levels,), (head,) = experiment.levels, experiment.heads
    return Model(tuple(FeatureSet(one.name, levels) for one in experiment.specs), head).name


def cross_validate_first(
    experiment: Experiment,
    features_dir: Path,
    results_dir: Path,
    jobs: int,
    weights_dir: Path | None,
) -> Path:
    """Measure what is then trained on everybody, and return the run's folder."""
    folder = results_dir / experiment.cohort.name / experiment.default_name()
    make_run(
        experiment,
        features_dir,
        folder,
        title="Cross-validating",
        jobs=jobs,
        overwrite=True,
        weights_dir=weights_dir,
    )
    return folder
