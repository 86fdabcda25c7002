"""Embeddings of a cohort by a backbone: computed once, then read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from lusscore.api.places import Place, folder_of, weights_of
from lusscore.backbones import DEFAULT_BACKBONE, EngineChoice
from lusscore.cohort import Cohort
from lusscore.console import note, stop_on_ctrl_c
from lusscore.console import progress as progress_bars

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from lusscore.backbones import BackboneSpec
    from lusscore.features import Features as FeatureFile
    from lusscore.features import Outcome


@dataclass(frozen=True)
class Features:
    """The embeddings of a cohort by one backbone, and what is known of each frame.

    Attributes
    ----------
    cohort, spec
        Whose, and by which backbone.
    features_dir, weights_dir
        Where they lie, and where the backbone's weights do if that was said.
    outcome
        What was computed; None where it was only read.
    folds_file
        ``folds.csv`` of a run, whose folds `frames` then tells.
    """

    cohort: Cohort
    spec: BackboneSpec
    features_dir: Path
    weights_dir: Path | None = None
    outcome: Outcome | None = None
    folds_file: Path | None = None

    @cached_property
    def file(self) -> FeatureFile:
        """The feature file, which is what card, code and weights ask for now.

        Raises
        ------
        FeatureFileError
            If it is missing, damaged or stale.
        """
        from lusscore.features import read_fresh

        return read_fresh(self.cohort, self.spec, self.features_dir, self.weights_dir)[0]

    @property
    def backbone(self) -> str:
        """Name of the backbone."""
        return self.spec.name

    @property
    def embeddings(self) -> NDArray[Any]:
        """float16 or float32, shape (frames, 1 + variants, dim); variant 0 is the clean frame."""
        return self.file.embeddings

    @property
    def levels(self) -> Mapping[str, NDArray[Any]]:
        """Pooled earlier layers that the card asks for, of the same shape but for their dim."""
        return self.file.levels

    @cached_property
    def frames(self) -> pd.DataFrame:
        """What is known of each frame, one row per row of `embeddings`.

        Columns: ``clip`` (as in the manifest), ``frame`` (number in its clip), ``time`` (seconds,
        NaN without a clock), ``patient, exam, zone, group, device``, and ``score`` (0–3, NA where
        the frame lies in no labelled segment); with `folds_file`, ``fold``, the one in whose test
        patients the frame's patient is.
        """
        from lusscore.evaluation import describe_frames

        return describe_frames(self.cohort, self.file, self.folds_file)

    def with_folds(self, folds_file: Place) -> Features:
        """Return the features with a column ``fold`` in `frames`, after a run's ``folds.csv``."""
        return replace(self, folds_file=Path(folds_file))


class Stopped(KeyboardInterrupt):
    """Stage one was stopped; what was computed is kept.

    Attributes
    ----------
    features
        One per backbone, with what was computed.
    """

    def __init__(self, features: Sequence[Features]) -> None:
        super().__init__("Stopped; what was computed is kept. To go on, do the same again.")
        self.features = tuple(features)


@overload
def extract_features(
    cohort: Cohort, backbones: str = ..., *,
    engine: str = ..., device: str | None = ...,
    threads: int | None = ..., precision: str = ..., batch: int = ..., workers: int = ...,
    scheduler: str | None = ..., part: tuple[int, int] | None = ..., strict: bool = ...,
    features_dir: Place | None = ..., weights_dir: Place | None = ..., progress: bool = ...,
) -> Features: ...  # fmt: skip
@overload
def extract_features(
    cohort: Cohort, backbones: list[str] | tuple[str, ...], *,
    engine: str = ..., device: str | None = ...,
    threads: int | None = ..., precision: str = ..., batch: int = ..., workers: int = ...,
    scheduler: str | None = ..., part: tuple[int, int] | None = ..., strict: bool = ...,
    features_dir: Place | None = ..., weights_dir: Place | None = ..., progress: bool = ...,
) -> tuple[Features, ...]: ...  # fmt: skip
def extract_features(
    cohort: Cohort,
    backbones: str | list[str] | tuple[str, ...] = DEFAULT_BACKBONE,
    *,
    engine: str = "openvino",
    device: str | None = None,
    threads: int | None = None,
    precision: str = "f32",
    batch: int = 16,
    workers: int = 1,
    scheduler: str | None = None,
    part: tuple[int, int] | None = None,
    strict: bool = False,
    features_dir: Place | None = None,
    weights_dir: Place | None = None,
    progress: bool = True,
) -> Features | tuple[Features, ...]:
    """Compute the embeddings that the cache lacks, and pack the cohort's feature files.

    Every frame and variant goes once through each backbone, and each clip is decoded once for
    all of them. Clips that fail are passed over; ``features.outcome.failed`` says why.

    Parameters
    ----------
    cohort
        Whose clips. Which frames, variants and layers: its card says so.
    backbones
        Name of a frozen network, or path of an ONNX file; or several.
    engine, device, threads
        What executes them: ``"openvino"`` or ``"keras"``, its device, its CPU threads.
    precision
        Arithmetic: ``"f32"``, or ``"bf16"`` or ``"f16"`` where the hardware has it.
    batch
        Images at once.
    workers, scheduler
        Processes that compute clips, or address of a Dask cluster whose workers do.
    part
        (k, n): only the k-th of n parts of the clips, packing nothing.
    strict
        End at the first clip that fails.
    features_dir, weights_dir
        Folder of all feature files; folder of ``<backbone>.weights.h5``.
    progress
        Whether to show it.

    Returns
    -------
    Features, or a tuple of them where several backbones were given

    Raises
    ------
    BackboneError, WeightsError, EngineError
        If a backbone cannot run, or lacks a layer that the card asks for.
    FeatureFileError
        If the disk refuses a write.
    ClipError
        If a clip fails and `strict` is set.
    Stopped
        At Ctrl-C, once the write in hand is done.
    """
    from lusscore.backbones import check_precision
    from lusscore.features import Callbacks, RunChoice, find_backbone
    from lusscore.features import extract_features as extract

    folder, weights = folder_of(features_dir, "features"), weights_of(weights_dir)
    names = [backbones] if isinstance(backbones, str) else list(backbones)
    specs = [find_backbone(name, folder, (cohort,)) for name in dict.fromkeys(names)]
    choice = EngineChoice(engine, device, threads, folder / ".networks", check_precision(precision))
    with progress_bars(shown=progress) as bars, stop_on_ctrl_c() as stop:
        outcomes = extract(
            cohort,
            specs,
            folder,
            weights_dir=weights,
            engine=choice,
            run=RunChoice(batch, workers, scheduler, strict, part),
            callbacks=Callbacks.on_bars(bars, "Looking at clips", note, stop),
        )
    features = tuple(
        Features(cohort, spec, folder, weights, outcome)
        for spec, outcome in zip(specs, outcomes, strict=True)
    )
    if not all(outcome.finished for outcome in outcomes):
        raise Stopped(features)
    return features[0] if isinstance(backbones, str) else features


def read_features(
    cohort: Cohort | Sequence[Cohort],
    backbones: str | Sequence[str] = (),
    *,
    features_dir: Place | None = None,
    weights_dir: Place | None = None,
) -> tuple[Features, ...]:
    """Return features that were computed before; nothing is computed.

    Parameters
    ----------
    cohort
        Whose; with several, those of the first, by backbones that all have.
    backbones
        One name or several; none for all that the cohorts have feature files of.
    features_dir, weights_dir
        See :func:`extract_features`.

    Raises
    ------
    FeatureFileError
        If there are none.
    """
    from lusscore.features import computed_backbones, find_backbone

    folder = folder_of(features_dir, "features")
    cohorts = (cohort,) if isinstance(cohort, Cohort) else tuple(cohort)
    names = (backbones,) if isinstance(backbones, str) else tuple(backbones)
    names = names or tuple(computed_backbones(folder, cohorts))
    return tuple(
        Features(cohorts[0], find_backbone(name, folder, cohorts), folder, weights_of(weights_dir))
        for name in dict.fromkeys(names)
    )
