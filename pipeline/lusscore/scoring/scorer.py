"""Scoring an exam with a bundle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lusscore.backbones import BackboneSpec, pooled_parts
from lusscore.evaluation import SCORES, predicted_scores
from lusscore.heads import Temperature
from lusscore.models import Bundle, TrainedHead, distances
from lusscore.scoring.assemble import assemble_exam
from lusscore.scoring.embedded import EmbeddedClip, Networks
from lusscore.scoring.evidence import share_outside
from lusscore.scoring.review import reasons
from lusscore.scoring.scored import ClipPrediction, Evidence, ExamClip, ScoredClip, ScoredExam
from lusscore.scoring.window import inside_sector

_Float = NDArray[np.float64]


class LoadedModel:
    """A bundle that is ready to score exams; a context manager.

    One exam is scored at a time; calls from several threads wait for each other.

    Parameters
    ----------
    bundle
        What :func:`lusscore.models.read_bundle` gave.
    threads
        Upper limit of CPU threads; None for all cores.
    """

    def __init__(self, bundle: Bundle, *, threads: int | None = None) -> None:
        self.bundle = bundle
        self._networks = Networks(bundle, threads)
        self._turn = Lock()

    def __enter__(self) -> LoadedModel:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the networks' memory."""
        self._networks.__exit__()

    def score(
        self,
        clips: Sequence[ExamClip],
        *,
        name: str = "",
        progress: Callable[[int, int], None] = lambda done, total: None,
        stop: Event | None = None,
    ) -> ScoredExam:
        """Score the clips of one exam.

        Parameters
        ----------
        clips
            At least one.
        name
            What the user calls the exam.
        progress
            Called with (frames done, frames in all, as far as that is known).
        stop
            Ends it when set.

        Raises
        ------
        ExamError
            If it was stopped. A clip that cannot be read raises nothing: it says so itself.
        """
        with self._turn, threadpool_limits(1, "blas"):
            seen = list(self._networks.embed(clips, progress, stop))
            read = [clip for clip in seen if clip.pictures is not None]
            readings = self._read(read) if read else {}
        scored = [
            ScoredClip(
                clip.found.number,
                clips[clip.found.number - 1],
                clip.found.digest,
                readings.get(clip.found.number),
                clip.found.error,
            )
            for clip in seen
        ]
        return assemble_exam(self.bundle, name, scored)

    def _read(self, clips: Sequence[EmbeddedClip]) -> dict[int, ClipPrediction]:
        """Ask the heads about all clips at once: some look at the exam as a whole."""
        sizes = [len(clip.times) for clip in clips]
        owner = np.repeat(np.arange(len(clips)), sizes)
        answers = [self._answer(member, clips, owner) for member in self.bundle.members]
        probabilities = Temperature(self.bundle.temperature).apply(np.mean(answers, axis=0))
        known = distances(self.bundle.familiar, self._clip_vectors(clips))
        starts = np.cumsum([0, *sizes])
        return {
            clip.found.number: self._reading(
                clip, probabilities[starts[at] : starts[at + 1]], float(known[at])
            )
            for at, clip in enumerate(clips)
        }

    def _answer(
        self, member: TrainedHead, clips: Sequence[EmbeddedClip], owner: NDArray[np.int64]
    ) -> _Float:
        """Return a member's calibrated probabilities of all frames, shape (frames, 4)."""
        columns = []
        for one in member.features:
            parts = {part.name: part for part in pooled_parts(self._spec(one.backbone))}
            whole = np.concatenate([clip.embeddings[one.backbone] for clip in clips])
            columns += [whole[..., parts[level].start : parts[level].stop] for level in one.levels]
        seen = columns[0] if len(columns) == 1 else np.concatenate(columns, axis=-1)
        probabilities = np.zeros((len(seen), len(SCORES)))
        probabilities[:, member.head.classes_] = member.head.predict_proba(
            seen, clips=owner, exams=np.zeros_like(owner)
        )
        return Temperature(member.temperature).apply(probabilities)

    def _clip_vectors(self, clips: Sequence[EmbeddedClip]) -> NDArray[np.float64]:
        return np.stack(
            [
                np.concatenate(
                    [
                        clip.embeddings[name][:, 0, : self._spec(name).embedding_size].mean(
                            axis=0, dtype=np.float64
                        )
                        for name in self.bundle.networks
                    ]
                )
                for clip in clips
            ]
        )

    def _spec(self, backbone: str) -> BackboneSpec:
        return self.bundle.networks[backbone].spec

    def _reading(
        self, clip: EmbeddedClip, probabilities: _Float, distance: float
    ) -> ClipPrediction:
        assert clip.pictures is not None
        score, means = self.bundle.clip_rule.score(probabilities)
        evidence = self._evidence(clip, score)
        logits = evidence.logits[:, score] - evidence.logits.mean(axis=1)
        confidence = float(means[score])
        return ClipPrediction(
            score,
            means,
            confidence,
            distance,
            reasons(self.bundle, (score, means), distance, evidence, self._sector_source(clip)),
            clip.found.frames,
            clip.times,
            probabilities,
            predicted_scores(probabilities),
            int(clip.pictures.rows[np.argmax(logits[clip.pictures.rows])]),
            evidence,
            clip.pictures,
        )

    def _evidence(self, clip: EmbeddedClip, score: int) -> Evidence:
        maker, sector = self._networks.evidence, clip.found.sector
        outside = float("nan")
        if sector is not None and sector.source != "whole":
            inside = inside_sector(
                sector,
                self.bundle.extraction.sector,
                self._networks.first_size,
                clip.maps.shape[1:3],
            )
            outside = share_outside(clip.maps, score, inside)
        logits = clip.maps.mean(axis=(1, 2), dtype=np.float64) + maker.bias
        return Evidence(clip.maps, maker.bias, logits, maker.exact, maker.note, outside)

    def _sector_source(self, clip: EmbeddedClip) -> str:
        sector = clip.found.sector
        return "whole" if sector is None else sector.source
