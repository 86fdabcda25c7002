"""An exam is scored as stage two scores the embeddings of stage one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cohort_maker import Lusscore
from ground import EXTRACTION, PATIENT, make_ground
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.evaluation.dataset import Dataset
from lusscore.evaluation.models import Grid, HeadChoice, NestedCV
from lusscore.heads import Temperature
from lusscore.models import Bundle, write_bundle
from sector_maker import fan_clip
from staged_backbone import staged_backbone


@dataclass(frozen=True)
class Case:
    """A cohort's settings of stage one, and a head."""

    extraction: ExtractionSettings
    head: HeadChoice
    tolerance: float
    backbones: tuple[str, ...] = ("tiny",)
    asked: Mapping[str, Any] = field(default_factory=dict)


def doubled(score: int, frames: int, *, seed: int) -> NDArray[np.uint8]:
    """A clip whose frames are each there twice, in a fan on black."""
    fan = fan_clip(frames, 120, 160, gain=70 + 40 * score, seed=seed)
    return np.repeat(fan, 2, axis=0)


_GRIDS: dict[str, Grid] = {"logistic": {"C": (0.1, 1.0, 10.0), "pooling": ("mean", "none")}}
CASES = {
    "heads that were chosen and are averaged": Case(
        EXTRACTION,
        HeadChoice("logistic"),
        5e-6,
        asked={"nested": NestedCV(("average",), (HeadChoice("logistic"),), _GRIDS, folds=2)},
    ),
    "variants, and exams as a whole": Case(
        ExtractionSettings(FramesPolicy("all"), variants=2, dtype="float32", sector="none"),
        HeadChoice(
            "logistic",
            {"C": 0.1, "pooling": "mean-std", "context": "exam", "test_variants": True},
        ),
        5e-5,
    ),
    "two networks": Case(
        EXTRACTION,
        HeadChoice("mil", {"epochs": 2}),
        5e-5,
        ("tiny", "other"),
        {"combine": ("mean",)},
    ),
    "embeddings kept in float16": Case(
        ExtractionSettings(FramesPolicy("per-clip", 3), variants=1, dtype="float16", sector="none"),
        HeadChoice("logistic", {"C": 0.1, "pooling": "none"}),
        2e-3,
    ),
    "sector, contrast, levels and some frames": Case(
        ExtractionSettings(
            FramesPolicy("every", 2), repeated="drop", variants=1, dtype="float32",
            contrast="stretch", levels=("8.max", "16.mean"),
        ),
        HeadChoice("ordinal", {"C": 10.0, "pooling": "mean"}),
        5e-6,
        ("staged",),
        {"levels": (("embedding", "8.max", "16.mean"),)},
    ),
}  # fmt: skip


def by_stage_one(bundle: Bundle, dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """The bundle's probabilities of frames by the embeddings in the feature file."""
    clips, exams = (
        np.unique(dataset.frames.iloc[rows][key].to_numpy(), return_inverse=True)[1]
        for key in ("clip", "patient")
    )
    answers = []
    for member in bundle.members:
        variants = None if member.settings.get("test_variants") else 1
        seen = dataset.embeddings(member.features, rows, variants)
        answer = member.head.predict_proba(seen, clips=clips, exams=exams)
        answers.append(Temperature(member.temperature).apply(answer))
    return Temperature(bundle.temperature).apply(np.mean(answers, axis=0))


@pytest.fixture
def weights(tmp_path: Path) -> Iterator[Path]:
    """A folder with the weights of a network that levels are had of."""
    folder = tmp_path / "weights"
    folder.mkdir()
    with staged_backbone(folder):
        yield folder


@pytest.mark.parametrize("name", CASES)
def test_an_exam_is_scored_as_the_head_scores_what_stage_one_computed(
    name: str, tmp_path: Path, lusscore: Lusscore, request: pytest.FixtureRequest
) -> None:
    case = CASES[name]
    film = doubled if case.extraction.repeated == "drop" else None
    folder = request.getfixturevalue("weights") if case.extraction.levels else None
    ground = make_ground(
        tmp_path, 12, backbones=case.backbones, extraction=case.extraction, film=film,
        weights=folder,
    )  # fmt: skip
    run = ground.run("run", case.head, folds=2, **dict(case.asked))
    model = "mean" if "combine" in case.asked else None
    bundle = write_bundle(ground.train(run, model), tmp_path / "bundle")
    if "nested" in case.asked:
        assert all(member.temperature != 1 for member in bundle.members)
        assert len(bundle.members) == 5
    dataset = ground.labelled().dataset
    apart = []
    for patient in (1, 4):
        owner = (dataset.frames["patient"] == f"{PATIENT}-{patient}").to_numpy()
        expected = by_stage_one(bundle, dataset, np.flatnonzero(owner))
        frames = dataset.frames[owner]
        clips = [ground.cohort.folder / clip for clip in frames["clip"].unique()]
        result = lusscore("score", *clips, "--model", tmp_path / "bundle", "--json")
        assert result.exit_code == 0
        document = json.loads(result.stdout)
        for clip in document["clips"]:
            mine = (frames["digest"] == clip["sha256"]).to_numpy()
            assert [one["frame"] for one in clip["frames"]] == frames["frame"][mine].tolist()
            answered = [one["probabilities"] for one in clip["frames"]]
            np.testing.assert_allclose(answered, expected[mine], atol=case.tolerance)
            decided, means = bundle.clip_rule.score(expected[mine])
            np.testing.assert_allclose(clip["probabilities"], means, atol=case.tolerance)
            assert clip["score"] == decided
            apart.append(expected[mine][0])
    # the comparison would be void if every clip got the same answer
    assert np.ptp(apart, axis=0).max() > 20 * case.tolerance
