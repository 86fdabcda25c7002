"""One experiment from feature files to a run folder's tables."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lusscore import __version__
from lusscore.backbones import BackboneSpec, plugin_of
from lusscore.checks import quick_findings
from lusscore.cohort import (
    CARD_NAME,
    MANIFEST_NAME,
    RATINGS_NAME,
    Cohort,
    Split,
    leave_one_out,
    read_folds,
    split_into_folds,
)
from lusscore.errors import RunError
from lusscore.evaluation.crossval import cross_validate
from lusscore.evaluation.dataset import (
    LabelledCohort,
    LabelledFrames,
    join_cohorts,
    load_cohort,
)
from lusscore.evaluation.evaluate import SCHEMA as METRICS_SCHEMA
from lusscore.evaluation.evaluate import evaluate_run
from lusscore.evaluation.guards import notes_on, used_rows
from lusscore.evaluation.models import (
    EMBEDDING,
    FeatureSet,
    HeadChoice,
    NestedCV,
    Selection,
    describe_selection,
    list_candidates,
)
from lusscore.evaluation.rules import MAJORITY, Rule
from lusscore.evaluation.run import record_run
from lusscore.evaluation.run_config import read_config
from lusscore.features import read_fresh
from lusscore.heads import RECOMMENDED, RECOMMENDED_LAYERS, head_defaults, head_plugin

# Says what folds that are alike cannot do, and nothing of splits that are given.
_ABOUT_FOLDS = "small-groups"


@dataclass(frozen=True)
class Experiment:
    """What to train, and on whom to test it.

    Attributes
    ----------
    cohort
        Gives labels, and the extraction settings that the feature files must have; the one tested
        on.
    specs
        Backbones, at least one.
    heads
        What to train, at least one; the first is reported first.
    folds, repeats
        Folds by patient, and how often to divide anew.
    seed
        Of folds and heads.
    folds_file
        Folds of an earlier run, instead of new ones.
    combine
        Further models of all backbones: any of ``"concatenate"`` and ``"mean"``.
    leave_out
        Hold out each ``"device"`` or ``"group"`` in turn, instead of folds that are alike.
    training
        Train on all patients of these cohorts instead, and test on all of `cohort`.
    levels
        What of a backbone heads see; where something is selected, what is selected from.
    nested
        What to select anew in each fold beside `heads`, if anything; `heads` then see the
        embedding alone.
    clip_rule, zone_rule
        From frames to clips and zones.
    """

    cohort: Cohort
    specs: tuple[BackboneSpec, ...]
    heads: tuple[HeadChoice, ...]
    folds: int = 3
    repeats: int = 1
    seed: int = 0
    folds_file: Path | None = None
    combine: tuple[str, ...] = ()
    leave_out: str = ""
    training: tuple[Cohort, ...] = ()
    levels: tuple[tuple[str, ...], ...] = ((EMBEDDING,),)
    nested: NestedCV | None = None
    clip_rule: Rule = MAJORITY
    zone_rule: Rule = MAJORITY

    def reported_levels(self) -> tuple[tuple[str, ...], ...]:
        """Return what of a backbone the heads see that are trained as they are."""
        return self.levels if self.nested is None else ((EMBEDDING,),)

    def selection(self) -> Selection | None:
        """Return what is selected in each fold, all candidates listed."""
        if (nested := self.nested) is None:
            return None
        names = [spec.name for spec in self.specs]
        features: list[tuple[FeatureSet, ...]] = [
            (FeatureSet(name, each),) for each in self.levels for name in names
        ]
        if "concatenate" in self.combine:
            features += [tuple(FeatureSet(name, each) for name in names) for each in self.levels]
        clip_labels = self.cohort.card.label_level == "clip"
        candidates = list_candidates(
            features, nested.heads, nested.grids, clip_labels=clip_labels, seed=self.seed
        )
        return Selection(
            candidates, nested.strategies, nested.criterion, clip_labels, nested.folds, self.seed
        )

    def complete_heads(self) -> tuple[HeadChoice, ...]:
        """Return the heads with all their settings, defaults and seed included."""
        own = {"seed": self.seed}
        return tuple(
            HeadChoice(
                head.name,
                head_defaults(head.name) | own | dict(head.settings),
                self._layers() if head.name == RECOMMENDED else (),
            )
            for head in self.heads
        )

    def _layers(self) -> tuple[tuple[str, ...], ...]:
        """Return what the recommended head alone sees: its layers, where all cards keep them."""
        cards = [cohort.card for cohort in (self.cohort, *self.training)]
        kept = all(set(RECOMMENDED_LAYERS) <= set(card.extraction.levels) for card in cards)
        return (RECOMMENDED_LAYERS,) if kept and self.levels == ((EMBEDDING,),) else ()

    def notes(self) -> tuple[str, ...]:
        """Say where the recommended head sees less of a backbone than it could."""
        heads = [head for head in self.complete_heads() if head.name == RECOMMENDED]
        if not heads or heads[0].levels or self.levels != ((EMBEDDING,),):
            return ()
        return (
            "The recommended head was trained on embeddings alone, since the cohort's card does "
            f"not keep the layers {', '.join(RECOMMENDED_LAYERS)}; name them under levels in "
            "[extraction] and run 'lusscore features' to use them, too.",
        )

    def settings_digest(self) -> str:
        """Digest of all settings, SHA-256 in hexadecimal: what is trained, and on whom."""
        saved = None if self.folds_file is None else self.folds_file.read_bytes()
        settings: tuple[object, ...] = (
            [spec.name for spec in self.specs],
            [
                (head.name, sorted(head.settings.items()), *head.levels)
                for head in self.complete_heads()
            ],
            self.folds,
            self.repeats,
            self.seed,
            saved,
            self.combine,
        )
        if self.leave_out:
            settings = (*settings, self.leave_out)
        if self.levels != ((EMBEDDING,),):
            settings = (*settings, self.levels)
        if (self.clip_rule, self.zone_rule) != (MAJORITY, MAJORITY):
            settings = (*settings, self.clip_rule.name, self.zone_rule.name)
        if (selection := self.selection()) is not None:
            described = describe_selection(selection).model_dump(mode="json")
            settings = (*settings, sorted(described.items()))
        if self.training:
            settings = (*settings, [cohort.name for cohort in self.training])
        return hashlib.sha256(repr(settings).encode()).hexdigest()

    def inputs(self, features_dir: Path, weights_dir: Path | None = None) -> dict[str, str]:
        """Digest all that is read: cards, manifests, ratings, feature files and plug-ins.

        Gives the SHA-256 of each, in hexadecimal, by its name; of lusscore its version.

        Raises
        ------
        FeatureFileError
            If a feature file is missing, damaged or stale.
        """
        digests = {"lusscore": __version__, "layout of metrics.json": str(METRICS_SCHEMA)}
        for cohort in (self.cohort, *self.training):
            for name in (CARD_NAME, MANIFEST_NAME, RATINGS_NAME):
                path = cohort.folder / name
                if path.is_file():
                    digest = hashlib.sha256(path.read_bytes()).hexdigest()
                    digests[f"{name} of {cohort.name}"] = digest
            for spec in self.specs:
                file, _ = read_fresh(cohort, spec, features_dir, weights_dir, again=False)
                digests[f"embeddings of {cohort.name} by {spec.name}"] = file.digest
        candidates = () if self.nested is None else self.nested.heads
        plugins = [head_plugin(head.name) for head in (*self.heads, *candidates)]
        plugins += [self.clip_rule.plugin, self.zone_rule.plugin, *map(plugin_of, self.specs)]
        return digests | {f"plug-in {one.name}": one.digest for one in plugins if one}

    def default_name(self) -> str:
        """Name a run by its settings, so that other settings are another run."""
        kind = f"{self.folds}fold"
        if self.folds_file is not None:
            kind = "saved-folds"
        elif self.training:
            kind = "external"
        elif self.leave_out:
            kind = f"leave-one-{self.leave_out}-out"
        heads = [head.name for head in self.heads] + ["selected"] * (self.nested is not None)
        return f"{kind}-{'-'.join(heads)}-{self.settings_digest()[:8]}"


@dataclass(frozen=True)
class Earlier:
    """A run that is there under the name of an experiment.

    `same_settings` says whether it was made with the settings of the experiment; `changes` names
    each input that is no longer what it was.
    """

    same_settings: bool
    changes: tuple[str, ...]


def earlier_run(folder: Path, settings: str, inputs: Mapping[str, str]) -> Earlier | None:
    """Compare a run that is there with what is asked for now; None where there is no run.

    `settings` and `inputs` come from :meth:`Experiment.settings_digest` and
    :meth:`Experiment.inputs`.
    """
    try:
        config = read_config(folder)
    except RunError:
        return None
    made_from = config.inputs
    changes = [
        f"{name} {_how(name in made_from, name in inputs)}"
        for name in {**made_from, **inputs}
        if made_from.get(name) != inputs.get(name)
    ]
    return Earlier(config.run.settings == settings, tuple(changes))


def _how(before: bool, now: bool) -> str:
    return "has changed" if before and now else "is new" if now else "is gone"


def run_experiment(
    experiment: Experiment,
    features_dir: Path,
    folder: Path,
    *,
    name: str,
    command: str,
    weights_dir: Path | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Train and test, and write everything of a run but its report into `folder`, which is empty.

    `name` and `command`, the command line that repeats the run, are recorded; `progress` is called
    with (heads trained, heads in all).

    Raises
    ------
    FeatureFileError
        If a feature file is missing, unfinished, damaged or stale.
    FoldError, HeadError, CohortError
        If folds, head or labels do not allow it, or cohorts cannot be compared.
    """
    started = time.perf_counter()
    selection = experiment.selection()
    tested, *training = (
        load_cohort(cohort, experiment.specs, features_dir, weights_dir)
        for cohort in (experiment.cohort, *experiment.training)
    )
    frames, splits = _split(experiment, tested, training)
    result = cross_validate(
        frames,
        splits,
        experiment.complete_heads(),
        levels=experiment.reported_levels(),
        combine=experiment.combine,
        selection=selection,
        jobs=jobs,
        progress=progress,
    )
    notes = (
        *experiment.notes(),
        *notes_on(training, tested),
        *result.notes,
        *(note for one in (tested, *training) for note in one.notes),
        *_warnings(tested, training, splits),
    )
    result = replace(result, notes=tuple(dict.fromkeys(notes)))
    record_run(
        folder,
        _used(tested, frames, splits),
        experiment.specs,
        result,
        splits=splits,
        frames=frames,
        training=training,
        name=name,
        seed=experiment.seed,
        rules={"clip": experiment.clip_rule, "zone": experiment.zone_rule},
        selection=selection,
        command=command,
        settings=experiment.settings_digest(),
        inputs=experiment.inputs(features_dir, weights_dir),
        seconds=time.perf_counter() - started,
    )
    evaluate_run(folder)


def _split(
    experiment: Experiment, tested: LabelledCohort, training: Sequence[LabelledCohort]
) -> tuple[LabelledFrames, tuple[Split, ...]]:
    """Make the splits that the experiment asks for, and the frames of which they give rows."""
    if training:
        return join_cohorts(training, tested)
    dataset = tested.dataset
    if experiment.leave_out:
        splits = leave_one_out(dataset.frames, experiment.leave_out)
    elif experiment.folds_file is not None:
        splits = read_folds(experiment.folds_file, dataset.frames)
    else:
        splits = split_into_folds(
            dataset.frames, experiment.folds, repeats=experiment.repeats, seed=experiment.seed
        )
    return dataset, splits


def _used(
    tested: LabelledCohort, frames: LabelledFrames, splits: Sequence[Split]
) -> LabelledCohort:
    """Return the cohort with those frames alone that are in a split; they are the last."""
    used = used_rows(len(frames.frames), splits)[-len(tested.dataset.frames) :]
    return replace(tested, dataset=tested.dataset.only(used))


def _warnings(
    tested: LabelledCohort, training: Sequence[LabelledCohort], splits: Sequence[Split]
) -> list[str]:
    """List the warnings of the quick checks; what they only note is left to 'check'."""
    warnings = []
    given = any(split.given for split in splits)
    for labelled in (tested, *training):
        file = next(iter(labelled.dataset.features.values()))
        digests = dict(zip(file.paths, file.digests, strict=True))
        cohort = labelled.cohort
        whose = f"{cohort.name}: " if training else ""
        warnings += [
            f"{whose}{finding.what}"
            for finding in quick_findings(cohort, digests)
            if finding.level != "note" and not (given and finding.code == _ABOUT_FOLDS)
        ]
    return warnings
