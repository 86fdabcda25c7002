"""What to train and on whom to test it, and what of it a run that is there was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lusscore import __version__
from lusscore.backbones import BackboneSpec, plugin_of
from lusscore.cohort import CARD_NAME, MANIFEST_NAME, RATINGS_NAME, Cohort
from lusscore.errors import RunError
from lusscore.evaluation.evaluate import SCHEMA as METRICS_SCHEMA
from lusscore.evaluation.models import (
    EMBEDDING,
    HeadChoice,
    NestedCV,
    Selection,
    all_of_each,
    describe_selection,
    list_candidates,
)
from lusscore.evaluation.rules import MAJORITY, Rule
from lusscore.evaluation.run_config import read_config
from lusscore.features import read_fresh
from lusscore.heads import RECOMMENDED, RECOMMENDED_LAYERS, head_defaults, head_plugin

_PLAIN = ((EMBEDDING,),)


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
    levels: tuple[tuple[str, ...], ...] = _PLAIN
    nested: NestedCV | None = None
    clip_rule: Rule = MAJORITY
    zone_rule: Rule = MAJORITY

    def reported_levels(self) -> tuple[tuple[str, ...], ...]:
        """Return what of a backbone the heads see that are trained as they are."""
        return self.levels if self.nested is None else _PLAIN

    def selection(self) -> Selection | None:
        """Return what is selected in each fold, all candidates listed."""
        if (nested := self.nested) is None:
            return None
        names = [spec.name for spec in self.specs]
        features = [tuple(all_of_each([name], [each])) for each in self.levels for name in names]
        if "concatenate" in self.combine:
            features += [tuple(all_of_each(names, [each])) for each in self.levels]
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
        return (RECOMMENDED_LAYERS,) if kept and self.levels == _PLAIN else ()

    def notes(self) -> tuple[str, ...]:
        """Say where the recommended head sees less of a backbone than it could."""
        heads = [head for head in self.complete_heads() if head.name == RECOMMENDED]
        if not heads or heads[0].levels or self.levels != _PLAIN:
            return ()
        return (
            "The recommended head was trained on embeddings alone, since the cohort's card does "
            f"not keep the layers {', '.join(RECOMMENDED_LAYERS)}; name them under levels in "
            "[extraction] and run 'lusscore features' to use them, too.",
        )

    def settings_digest(self) -> str:
        """Digest of all settings, SHA-256 in hexadecimal: what is trained, and on whom."""
        settings: list[object] = [
            [spec.name for spec in self.specs],
            [
                (head.name, sorted(head.settings.items()), *head.levels)
                for head in self.complete_heads()
            ],
            self.folds,
            self.repeats,
            self.seed,
            None if self.folds_file is None else self.folds_file.read_bytes(),
            self.combine,
        ]
        if self.leave_out:
            settings.append(self.leave_out)
        if self.levels != _PLAIN:
            settings.append(self.levels)
        if (self.clip_rule, self.zone_rule) != (MAJORITY, MAJORITY):
            settings += [self.clip_rule.name, self.zone_rule.name]
        if (selection := self.selection()) is not None:
            settings.append(sorted(describe_selection(selection).model_dump(mode="json").items()))
        if self.training:
            settings.append([cohort.name for cohort in self.training])
        return hashlib.sha256(repr(tuple(settings)).encode()).hexdigest()

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
