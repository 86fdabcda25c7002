"""Trained models, and the exams that they score."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from lusscore.api.features import Features
from lusscore.api.places import Place, Progress, counted, folder_of
from lusscore.api.runs import Run
from lusscore.errors import RunError

if TYPE_CHECKING:
    from lusscore.models import Bundle
    from lusscore.scoring import ExamClip, LoadedModel, ScoredClip, ScoredExam, ScoredZone


@dataclass
class Model:
    """A trained head with all that is needed to score exams; a context manager.

    Its networks are made ready when the first exam is scored. One exam is scored at a time; calls
    from several threads wait for each other.

    Attributes
    ----------
    bundle
        Heads, networks, settings, calibration and model card.
    threads
        Upper limit of CPU threads; None for all cores.
    run, chosen
        The cross-validation behind it and which of its models it is; None and empty where the
        model was loaded.
    """

    bundle: Bundle
    threads: int | None = None
    run: Run | None = None
    chosen: str = ""

    @property
    def card(self) -> Mapping[str, Any]:
        """The model card: plain values under headings."""
        return self.bundle.card

    @property
    def path(self) -> Path | None:
        """Where its bundle lies."""
        return self.bundle.folder

    @property
    def verdict(self) -> str:
        """How well it did on held-out patients, beside the most frequent score, in sentences."""
        from lusscore.report import model_performance

        return model_performance(self.bundle.card)

    @cached_property
    def _loaded(self) -> LoadedModel:
        from lusscore.scoring import LoadedModel

        return LoadedModel(self.bundle, threads=self.threads)

    def score(
        self,
        exam: Place | Sequence[Place] | Sequence[ExamClip],
        *,
        zones: Place | None = None,
        name: str = "",
        progress: bool | Progress = True,
        stop: Event | None = None,
    ) -> Exam:
        """Score one exam: every clip and zone, and the exam's global score.

        Parameters
        ----------
        exam
            A folder or a clip, several of them, or clips whose zones are known.
        zones
            A CSV file with the columns ``clip`` and ``zone``; by default names of files and
            folders, and DICOM headers, tell the zones.
        name
            What the exam is called in its report.
        progress
            Whether to show it; or what to call with (frames done, frames in all).
        stop
            Ends it when set.

        Raises
        ------
        ExamError
            If there are no clips, a path leads nowhere, or it was stopped. A clip that cannot be
            read raises nothing: it says so itself.
        """
        from lusscore.scoring import ExamClip, find_exam

        clips: Sequence[ExamClip]
        notes: tuple[str, ...] = ()
        ignored: tuple[str, ...] = ()
        given = [exam] if isinstance(exam, str | os.PathLike) else list(exam)
        if given and all(isinstance(one, ExamClip) for one in given):
            clips = [one for one in given if isinstance(one, ExamClip)]
        else:
            paths = [Path(one) for one in given if isinstance(one, str | os.PathLike)]
            table = None if zones is None else Path(zones)
            found = find_exam(paths, self.bundle.zones(), table=table)
            clips, notes, ignored = found.clips, found.notes, found.ignored
        with counted("Scoring", "frames", shown=progress is True) as update:
            update = progress if callable(progress) else update
            scored = self._loaded.score(clips, name=name, progress=update, stop=stop)
        scored = replace(scored, notes=(*notes, *scored.notes))
        return Exam(scored, self.bundle, ignored)

    def assemble(self, name: str, clips: Sequence[ScoredClip]) -> Exam:
        """Sum scored clips up anew, such as under other zones; no network is run."""
        from lusscore.scoring import assemble_exam

        return Exam(assemble_exam(self.bundle, name, clips), self.bundle)

    def save(self, path: Place, *, overwrite: bool = False) -> Path:
        """Write the bundle: a folder, or a file ending in ``.zip``, whole or not at all.

        Raises
        ------
        BundleError
            If something is there that may not be replaced, or the disk does not take it.
        """
        from lusscore.models import write_bundle

        self.bundle = write_bundle(self.bundle, Path(path), overwrite=overwrite)
        return Path(path)

    def close(self) -> None:
        """Let go of the networks' memory."""
        if "_loaded" in self.__dict__:
            self.__dict__.pop("_loaded").close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True)
class Exam:
    """A scored exam.

    Attributes
    ----------
    scored
        Clips and zones with scores, probabilities, saliency maps and reasons for review.
    bundle
        What scored it.
    ignored
        Names of files that are no clips.
    """

    scored: ScoredExam
    bundle: Bundle
    ignored: tuple[str, ...] = ()

    @property
    def zones(self) -> tuple[ScoredZone, ...]:
        """Zones that have a score, in the protocol's order."""
        return self.scored.zones

    @property
    def clips(self) -> tuple[ScoredClip, ...]:
        """All clips in order, those that failed too."""
        return self.scored.clips

    @property
    def global_score(self) -> int | None:
        """Sum of the zones' scores; None where no zone has one. Missing zones are not imputed."""
        return self.scored.total if self.scored.zones else None

    @property
    def bounds(self) -> tuple[int, int]:
        """What the global score could be if zones without a score had 0, or 3."""
        return self.scored.lowest, self.scored.highest

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader must know of the exam as a whole, as sentences."""
        return self.scored.notes

    @cached_property
    def created(self) -> str:
        """When it was scored, ISO 8601."""
        return datetime.now(timezone.utc).isoformat(timespec="seconds")

    def to_dict(self, *, names: bool = False) -> dict[str, Any]:
        """Return all numbers as plain JSON values; `names` are those of files."""
        from lusscore.scoring import exam_json

        return exam_json(self.scored, self.bundle, created=self.created, names=names)

    def to_html(self, *, names: bool = False) -> str:
        """Return the report as one HTML page that needs nothing else."""
        from lusscore.report import exam_page

        return exam_page(self.scored, self.bundle, created=self.created, show_names=names)

    def clips_csv(self) -> str:
        """Return the clips' scores as CSV."""
        from lusscore.scoring import exam_csv

        return exam_csv(self.scored, self.bundle)

    def zones_csv(self) -> str:
        """Return the zones' scores as CSV."""
        from lusscore.scoring import zones_csv

        return zones_csv(self.scored, self.bundle)

    def write_report(
        self,
        folder: Place | None = None,
        *,
        names: bool = False,
        results_dir: Place | None = None,
    ) -> Path:
        """Write ``report.html``, ``exam.json``, ``clips.csv`` and ``zones.csv``.

        Parameters
        ----------
        folder
            Where to; by default a folder under `results_dir`, named by the digests of clips and
            model.
        names
            Whether files are named; they may be those of people.
        results_dir
            Folder of all results.

        Returns
        -------
        Path
            The report.

        Raises
        ------
        WriteError
            If the disk does not take them.
        """
        from lusscore.files import write_text
        from lusscore.scoring import exam_folder_name

        if folder is None:
            name = exam_folder_name(self.scored, self.bundle)
            folder = folder_of(results_dir, "results") / "exams" / name
        texts = {
            "exam.json": json.dumps(self.to_dict(names=names), indent=1) + "\n",
            "clips.csv": self.clips_csv(),
            "zones.csv": self.zones_csv(),
            "report.html": self.to_html(names=names),
        }
        for file, text in texts.items():
            write_text(Path(folder) / file, text)
        return Path(folder) / "report.html"


def train(
    run: Run,
    *,
    model: str | None = None,
    features: Sequence[Features] = (),
    name: str | None = None,
    output: Place | None = None,
    coverage: float = 0.8,
    jobs: int = 1,
    overwrite: bool = False,
    results_dir: Place | None = None,
    progress: bool = True,
) -> Model:
    """Train a run's model on all labelled patients, and keep it as a bundle.

    Probabilities are calibrated, and the threshold for review set, on patients while they were
    held out; ``model.verdict`` tells how well it did on them.

    Parameters
    ----------
    run
        Of the same cohort.
    model
        Which of the run's models, by name or a part of it; by default what it chose inside the
        folds, else the recommended head, else its first.
    features
        What the run was made from, where it was read from its folder.
    name
        Of the model; by default the cohort's.
    output
        Where the bundle goes: a folder or a ``.zip``; by default ``<results>/bundles/<name>``.
    coverage
        Share of held-out clips that need no review.
    jobs
        Processes, where something is chosen.
    overwrite
        Replace a bundle that is there.
    results_dir
        Folder of all results.
    progress
        Whether to show it.

    Raises
    ------
    RunError
        If the run is of other data, or has no such model.
    BundleError
        If there is a bundle already, or the embeddings cannot be made again by the network that
        would go into it.
    FeatureFileError, CohortError, HeadError, SplitError, WeightsError
        As in a cross-validation.
    """
    from lusscore.models import bundle_place, read_recorded_run, train_bundle, write_bundle

    own = tuple(features) or run.features
    if not own:
        raise RunError(
            "the run was read from its folder, which has no embeddings",
            path=run.folder,
            advice="give features=read_features(cohort)",
        )
    first = own[0]
    title = first.cohort.name if name is None else name
    folder = folder_of(results_dir, "results") / "bundles"
    path = bundle_place(title, folder, output, overwrite=overwrite)
    recorded = read_recorded_run(run.folder, model)
    with counted("Training heads", "heads", progress) as update:
        bundle = train_bundle(
            first.cohort,
            {one.backbone: one.spec for one in own},
            first.features_dir,
            recorded,
            name=title,
            coverage=coverage,
            weights_dir=first.weights_dir,
            cache=first.features_dir / ".networks",
            jobs=jobs,
            progress=update,
        )
    return Model(write_bundle(bundle, path, overwrite=overwrite), None, run, recorded.model)


def load_model(
    bundle: Place = "phantom",
    *,
    expect: str | None = None,
    threads: int | None = None,
    results_dir: Place | None = None,
) -> Model:
    """Read a bundle; it runs no code, and its checksums are verified.

    Parameters
    ----------
    bundle
        Path of a folder or ``.zip``, or a name under ``<results>/bundles``. ``"phantom"`` comes
        with lusscore, is trained on synthetic images and says nothing about patients.
    expect
        Digest that the bundle must have.
    threads
        Upper limit of CPU threads; None for all cores.
    results_dir
        Folder of all results.

    Raises
    ------
    BundleError
        If there is none, or it is damaged, altered, or of a later schema.
    """
    from lusscore.models import find_bundle, read_bundle

    folder = folder_of(results_dir, "results") / "bundles"
    return Model(read_bundle(find_bundle(str(bundle), folder), expect), threads)
