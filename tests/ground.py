"""A cohort of real clips whose brightness shows their score, with embeddings, runs and bundles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import Result
from numpy.typing import NDArray

from backbone_maker import write_tiny_backbone
from cohort_maker import Score, run_command, usual_score, write_small_cohort
from lusscore.backbones import get_backbone
from lusscore.backbones.spec import BackboneSpec
from lusscore.cohort import (
    Card,
    Cohort,
    ExtractionSettings,
    FramesPolicy,
    read_cohort,
)
from lusscore.evaluation.dataset import LabelledCohort, load_cohort
from lusscore.evaluation.experiment import Experiment
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.run import new_run, run_experiment
from lusscore.models import Bundle, RecordedRun, read_recorded_run, train_bundle

# what no file of a bundle or an exam may hold
PATIENT = "Quistgaard"
EXTRACTION = ExtractionSettings(FramesPolicy("all"), variants=1, dtype="float32", sector="none")


@dataclass(frozen=True)
class Ground:
    """Where a small cohort lies, with the backbones that its embeddings are of."""

    root: Path
    name: str = "bright"
    backbones: tuple[str, ...] = ("tiny",)
    weights: Path | None = None

    @property
    def places(self) -> list[object]:
        """Options that tell a command where everything lies."""
        return [
            "--data-dir", self.root / "data", "--features-dir", self.features,
            "--results-dir", self.results,
        ]  # fmt: skip

    @property
    def features(self) -> Path:
        return self.root / "features"

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def named(self) -> list[object]:
        """Options that name the backbones."""
        return [part for name in self.backbones for part in ("-b", self._place(name))]

    @property
    def cohort(self) -> Cohort:
        return read_cohort(self.root / "data" / self.name)

    @property
    def specs(self) -> dict[str, BackboneSpec]:
        return {name: get_backbone(self._place(name)) for name in self.backbones}

    def _place(self, backbone: str) -> str:
        return backbone if self.weights else str(self.root / f"{backbone}.onnx")

    def labelled(self) -> LabelledCohort:
        return load_cohort(self.cohort, list(self.specs.values()), self.features)

    def run(self, name: str, *heads: HeadChoice, **asked: Any) -> Path:
        """Cross-validate as ``lusscore cv`` does, without figures, and return the run's folder."""
        folder = self.results / self.name / name
        if not folder.exists():
            experiment = Experiment(
                self.cohort, tuple(self.specs.values()), heads or (HeadChoice("logistic"),),
                **({"folds": 3} | asked),
            )  # fmt: skip
            with new_run(folder) as building:
                run_experiment(experiment, self.features, building, name=name, command="made")
        return folder

    def train(self, run: Path | RecordedRun, model: str | None = None, **asked: Any) -> Bundle:
        """Train by a run."""
        found = read_recorded_run(run, model) if isinstance(run, Path) else run
        own = {"weights_dir": self.weights} | asked
        return train_bundle(self.cohort, self.specs, self.features, found, **own)

    def command(self, name: str, *arguments: object) -> Result:
        """Run a command on the cohort."""
        return run_command(name, self.name, *arguments, *self.places)


def make_ground(
    root: Path,
    patients: int = 12,
    *,
    name: str = "bright",
    backbones: tuple[str, ...] = ("tiny",),
    extraction: ExtractionSettings = EXTRACTION,
    score: Score = usual_score,
    frames: int = 4,
    film: Callable[..., NDArray[np.uint8]] | None = None,
    weights: Path | None = None,
    **card: Any,
) -> Ground:
    """Write clips, manifest and networks, and compute the embeddings.

    `film` takes a score, how many frames, and a seed. With a folder of `weights`, backbones are
    registered ones instead of ONNX files.
    """
    settings: dict[str, Any] = {"label_level": "clip", "extraction": extraction} | card
    write_small_cohort(
        root / "data" / name,
        Card(name, "blue-6", "soldati-2020", **settings),
        lambda value, seed: (film or bright)(value, frames, seed=seed),
        patients=patients, name=PATIENT + "-{}", score=score,
        device=lambda patient: f"scanner {patient % 2}",
    )  # fmt: skip
    for number, backbone in enumerate(backbones):
        if weights is None and not (root / f"{backbone}.onnx").exists():
            write_tiny_backbone(root / f"{backbone}.onnx", seed=number)
    ground = Ground(root, name, backbones, weights)
    places = [*ground.places[:4], *(["--weights-dir", weights] if weights else [])]
    result = run_command("features", name, *ground.named, *places)
    assert result.exit_code in (0, 1), result.output
    return ground


def bright(score: int, frames: int = 4, *, seed: int = 0) -> NDArray[np.uint8]:
    """Noise that is the brighter the higher the score, though not always: uint8 frames."""
    rng = np.random.default_rng(seed)
    level = 40 + 45 * score + rng.normal(0, 22)
    noise = rng.normal(level, 20, (frames, 48, 64, 1)).clip(0, 255)
    return noise.astype(np.uint8).repeat(3, axis=3)


def same_but_for_id(bundle: Bundle) -> Bundle:
    """Return the bundle without what every training has of its own."""
    return replace(bundle, id="0" * 32, created="2026-01-01T00:00:00+00:00")
