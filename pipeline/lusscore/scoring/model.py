"""A bundle that scores exams: predictions for clips, and warnings about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lusscore.backbones import BackboneSpec, pooled_layers
from lusscore.evaluation import SCORES, predicted_scores
from lusscore.heads import Temperature
from lusscore.models import Bundle, TrainedHead
from lusscore.scoring.exam import (
    ClipPrediction,
    Evidence,
    ExamClip,
    ScoredClip,
    ScoredExam,
    assemble_exam,
    not_most_probable,
)
from lusscore.scoring.networks import EmbeddedClip, Networks
from lusscore.scoring.pictures import inside_sector
from lusscore.scoring.saliency import share_outside

# More than half: what the score rests on is then not the lung.
MOST_OUTSIDE = 0.5
MOST_BLANK = 0.5

_Float = NDArray[np.float64]


class LoadedModel:
    """A bundle that is ready to score exams; a context manager.

    One exam is scored at a time; calls from several threads wait for each other. `threads` is the
    upper limit of CPU threads; None for all cores.
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
        """Free the networks' memory."""
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

        `name` is what the user calls the exam; `progress` is called with (frames done, frames in
        all, as far as that is known).

        Raises
        ------
        ExamError
            If `stop` was set. A clip that cannot be read raises nothing: it has an error instead.
        """
        with self._turn, threadpool_limits(1, "blas"):
            seen = list(self._networks.embed(clips, progress, stop))
            read = [clip for clip in seen if clip.pictures is not None]
            predictions = self._predict(read) if read else {}
        scored = [
            ScoredClip(
                clip.number,
                clips[clip.number - 1],
                clip.digest,
                predictions.get(clip.number),
                clip.error,
                _why_unscored(clip),
            )
            for clip in seen
        ]
        return assemble_exam(self.bundle, name, scored)

    def _predict(self, clips: Sequence[EmbeddedClip]) -> dict[int, ClipPrediction]:
        """Ask the heads about all clips at once: some look at the exam as a whole."""
        sizes = [len(clip.times) for clip in clips]
        owner = np.repeat(np.arange(len(clips)), sizes)
        answers = [self._ask(member, clips, owner) for member in self.bundle.members]
        probabilities = Temperature(self.bundle.temperature).apply(np.mean(answers, axis=0))
        ood_scores = self.bundle.ood.scores(np.stack(list(map(self._vector, clips))))
        frames = np.split(probabilities, np.cumsum(sizes)[:-1])
        return {
            clip.number: self._prediction(clip, mine, float(ood_score))
            for clip, mine, ood_score in zip(clips, frames, ood_scores, strict=True)
        }

    def _ask(
        self, member: TrainedHead, clips: Sequence[EmbeddedClip], owner: NDArray[np.int64]
    ) -> _Float:
        """Return a member's calibrated probabilities of all frames, shape (frames, 4)."""
        columns = []
        for one in member.features:
            layers = {layer.name: layer for layer in pooled_layers(self._spec(one.backbone))}
            whole = np.concatenate([clip.embeddings[one.backbone] for clip in clips])
            columns += [
                whole[..., layers[level].start : layers[level].stop] for level in one.levels
            ]
        seen = columns[0] if len(columns) == 1 else np.concatenate(columns, axis=-1)
        probabilities = np.zeros((len(seen), len(SCORES)))
        probabilities[:, member.head.classes_] = member.head.predict_proba(
            seen, clips=owner, exams=np.zeros_like(owner)
        )
        return Temperature(member.temperature).apply(probabilities)

    def _vector(self, clip: EmbeddedClip) -> _Float:
        """Return the clip's mean embedding, of all networks."""
        return np.concatenate(
            [
                clip.embeddings[name][:, 0, : self._spec(name).embedding_size].mean(
                    axis=0, dtype=np.float64
                )
                for name in self.bundle.networks
            ]
        )

    def _spec(self, backbone: str) -> BackboneSpec:
        return self.bundle.networks[backbone].spec

    def _prediction(
        self, clip: EmbeddedClip, probabilities: _Float, ood_score: float
    ) -> ClipPrediction:
        assert clip.pictures is not None
        score, means = self.bundle.clip_rule.score(probabilities)
        evidence = self._evidence(clip, score)
        logits = evidence.logits[:, score] - evidence.logits.mean(axis=1)
        found = clip.sector is not None and clip.sector.source != "whole"
        return ClipPrediction(
            score,
            means,
            float(means[score]),
            ood_score,
            (
                *warnings(
                    self.bundle, score, means, ood_score, evidence.outside, sector_found=found
                ),
                *_about_blank(clip),
            ),
            clip.frames,
            clip.times,
            probabilities,
            predicted_scores(probabilities),
            int(clip.pictures.rows[np.argmax(logits[clip.pictures.rows])]),
            evidence,
            clip.pictures,
        )

    def _evidence(self, clip: EmbeddedClip, score: int) -> Evidence:
        saliency, outside = self._networks.saliency, float("nan")
        if clip.sector is not None and clip.sector.source != "whole":
            policy, size = self.bundle.extraction.sector, self._networks.first_size
            inside = inside_sector(clip.sector, policy, size, clip.maps.shape[1:3])
            outside = share_outside(clip.maps, score, inside)
        logits = clip.maps.mean(axis=(1, 2), dtype=np.float64) + saliency.bias
        return Evidence(clip.maps, saliency.bias, logits, saliency.exact, saliency.note, outside)


def _why_unscored(clip: EmbeddedClip) -> str:
    if clip.error or clip.pictures is not None:
        return ""
    return (
        "Blank pictures: nothing can be seen in any frame, so there is no score. The recording may "
        "be black, or brighter on the device than in the file."
    )


def _about_blank(clip: EmbeddedClip) -> list[str]:
    frames = clip.blank + len(clip.frames)
    if clip.blank < MOST_BLANK * frames:  # many recordings begin or end in black
        return []
    return [f"Blank frames: {clip.blank} of {frames} show nothing and were not scored."]


def warnings(
    bundle: Bundle,
    score: int,
    probabilities: _Float,
    ood_score: float,
    outside: float,
    *,
    sector_found: bool,
) -> tuple[str, ...]:
    """List why a person should look at a clip, the weightiest first.

    `probabilities` are those of the four scores, shape (4,); `ood_score` has the limit 1; `outside`
    is the share of evidence outside the sector, NaN where unknown. What stands before a colon is
    shown alone where there is little room.
    """
    found = []
    confidence = float(probabilities[score])
    if ood_score > 1:
        found.append(
            f"Out of distribution: the OOD score is {ood_score:.2f}; only "
            f"{bundle.ood.share:.0%} of held-out clips of the training cohort exceed 1. "
            "Possible causes are another device or preset, another organ, or no ultrasound at all."
        )
    if confidence < bundle.least_confidence:
        found.append(
            f"Low confidence: the score has a probability of {confidence:.2f}, below the review "
            f"threshold of {bundle.least_confidence:.2f}."
        )
    found += not_most_probable(bundle.clip_rule, score, probabilities)
    if bundle.extraction.sector != "none" and not sector_found:
        found.append("No sector found: the whole image was scored.")
    if outside > MOST_OUTSIDE:
        found.append(f"Evidence outside the sector: {outside:.0%} of the evidence for the score.")
    return tuple(found)
