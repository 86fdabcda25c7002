"""What must not change an embedding: how the work is cut up, ordered and executed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbone_maker import write_tiny_backbone
from clip_maker import moving_bar, write_video
from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Card, Cohort, ExtractionSettings, FramesPolicy, Segment, write_cohort
from lusscore.features import EngineChoice, Outcome, RunChoice, extract_features, read_features

FRAMES = (1, 5, 9, 2, 7)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("data") / "uneven"
    folder.mkdir()
    segments = []
    for number, frames in enumerate(FRAMES):
        write_video(folder / f"{number}.mp4", moving_bar(frames, seed=number))
        segments.append(Segment(f"{number}.mp4", f"p{number}", "1", "R1", number % 4))
    extraction = ExtractionSettings(FramesPolicy("all"), variants=2, dtype="float32")
    return write_cohort(
        folder, Card("uneven", "blue-6", "unknown", extraction=extraction), segments
    )


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> BackboneSpec:
    path = write_tiny_backbone(tmp_path_factory.mktemp("backbone") / "tiny.onnx")
    return get_backbone(str(path))


@pytest.fixture(scope="module")
def usual(
    cohort: Cohort, spec: BackboneSpec, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, np.ndarray]:
    (outcome,) = extract_features(cohort, [spec], tmp_path_factory.mktemp("usual"))
    return embeddings(outcome)


def embeddings(outcome: Outcome) -> dict[str, np.ndarray]:
    features = read_features(outcome.path)
    assert features.done.all()
    return {
        digest: features.embeddings[features.rows(row)]
        for row, digest in enumerate(features.digests)
    }


@settings(max_examples=10)
@given(
    batch=st.integers(1, 70),
    threads=st.integers(1, 4),
    order=st.permutations(range(len(FRAMES))),
)
def test_batch_size_threads_and_clip_order_change_not_a_bit(
    cohort: Cohort,
    spec: BackboneSpec,
    usual: dict[str, np.ndarray],
    tmp_path_factory: pytest.TempPathFactory,
    batch: int,
    threads: int,
    order: list[int],
) -> None:
    shuffled = replace(cohort, segments=tuple(cohort.segments[number] for number in order))
    (outcome,) = extract_features(
        shuffled,
        [spec],
        tmp_path_factory.mktemp("other"),
        engine=EngineChoice(threads=threads),
        run=RunChoice(images_per_batch=batch),
    )
    found = embeddings(outcome)
    assert found.keys() == usual.keys()
    for digest, rows in usual.items():
        assert found[digest].tobytes() == rows.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float16", 1e-3)])
def test_either_engine_gives_the_same_embeddings(
    make_cohort: Callable[..., Cohort], tmp_path: Path, dtype: str, tolerance: float
) -> None:
    extraction = ExtractionSettings(FramesPolicy("all"), variants=1, dtype=dtype)
    cohort = make_cohort(1, frames=3, extraction=extraction)
    lite0 = get_backbone("efficientnet_lite0")
    found = [
        embeddings(extract_features(cohort, [lite0], tmp_path / name, engine=EngineChoice(name))[0])
        for name in ("openvino", "keras")
    ]
    for digest, rows in found[0].items():
        largest = np.abs(rows).max()
        np.testing.assert_allclose(found[1][digest], rows, atol=tolerance * largest, rtol=0)
