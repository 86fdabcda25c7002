"""Embeddings on the disk train as those in memory do, and take no memory until they are used."""

from __future__ import annotations

import mmap
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lusscore.heads import MappedRows, gather_rows, make_head

FRAMES, VARIANTS, DIM = 300, 3, 6


@pytest.fixture
def mapped(tmp_path: Path) -> NDArray[np.float16]:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(FRAMES, VARIANTS, DIM)).astype(np.float16)
    (tmp_path / "embeddings").write_bytes(values.tobytes())
    with (tmp_path / "embeddings").open("rb") as file:
        base = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(base, np.float16).reshape(values.shape)


def test_they_are_the_array_that_they_stand_for(mapped: NDArray[np.float16]) -> None:
    rows = np.random.default_rng(1).permutation(FRAMES)[:200]
    view = MappedRows([mapped[..., :4], mapped[..., 4:]], [rows, rows])
    assert view.shape == (200, VARIANTS, DIM)
    assert len(view) == 200
    assert np.array_equal(np.asarray(view), mapped[rows])
    some = np.array([5, 3, 199])
    assert np.array_equal(view.variant(2, some), mapped[rows[some], 2])
    assert np.array_equal(pickle.loads(pickle.dumps(view)), mapped[rows])
    assert np.array_equal(gather_rows(mapped, rows), mapped[rows])


@pytest.mark.parametrize("name", ["softmax", "logistic", "mil"])
@pytest.mark.parametrize("settings", [{}, {"components": 3}], ids=str)
def test_a_head_learns_the_same_bits(
    mapped: NDArray[np.float16], name: str, settings: dict[str, int]
) -> None:
    rows = np.arange(0, FRAMES, 2)
    labels = (mapped[rows, 0, 0] > 0).astype(int) + 2 * (mapped[rows, 0, 1] > 0)
    known = {"groups": rows // 20, "clips": rows // 5}
    told = [
        make_head(name, **settings).fit(X, labels, **known).predict_proba(mapped[:, 0])
        for X in (mapped[rows], MappedRows([mapped], [rows]))
    ]
    assert np.array_equal(*told)


def test_many_frames_are_learned_in_the_same_steps_as_at_once(
    mapped: NDArray[np.float16], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lusscore.heads import softmax

    labels = (mapped[:, 0, 0] > 0).astype(int)
    fitted = []
    for frames in (1, 10**6):
        monkeypatch.setattr(softmax, "_FRAMES_AT_ONCE", frames)
        head = make_head("softmax", epochs=3, batch_size=2)
        fitted.append(head.fit(mapped, labels))
    one, other = fitted
    assert np.array_equal(one.coef_, other.coef_)


def test_values_that_are_not_finite_are_refused() -> None:
    bad = np.zeros((40, 2, 3), np.float32)
    bad[7, 1, 2] = np.nan
    labels = np.arange(40) % 2
    with pytest.raises(ValueError, match="NaN"):
        make_head("softmax").fit(MappedRows([bad], [np.arange(40)]), labels)
