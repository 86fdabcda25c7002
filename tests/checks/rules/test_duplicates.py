import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lusscore.checks import Finding, Verdict
from lusscore.checks.frames import HASH_BITS
from lusscore.checks.rules import duplicates
from lusscore.checks.rules.duplicates import find_alike
from lusscore.cohort import Segment

Rows = Callable[..., Segment]
Found = Callable[..., dict[str, Finding]]
Check = Callable[..., Verdict]
Drifting = Callable[..., NDArray[np.uint8]]
Bits = NDArray[np.bool_]
# no multiple of 1/720, so that no mean of five distances lies on it
MOST = 0.151


def smaller(video: NDArray[np.uint8]) -> NDArray[np.uint8]:
    frames = [cv2.resize(rgb, (256, 192), interpolation=cv2.INTER_AREA) for rgb in video]
    return np.array(frames, np.uint8)


def test_the_same_bytes_across_patients_are_a_leak(rows: Rows, found_in_rows: Found) -> None:
    segments = [rows(patient, "R1", 0, clip=f"{patient}.mp4") for patient in "abc"]
    found = found_in_rows(segments, {"a.mp4": "1", "b.mp4": "2", "c.mp4": "1"})
    assert found["leak-across-patients"].level == "error"
    assert found["leak-across-patients"].places == ("a.mp4 = c.mp4",)


@pytest.mark.parametrize(
    ("zone", "score", "code", "level"),
    [
        ("R1", 0, "same-clip-twice", "warning"),
        ("R1", 1, "same-clip-other-labels", "error"),
        ("L1", 0, "same-clip-other-labels", "error"),
    ],
)
def test_the_same_bytes_of_one_patient(
    rows: Rows, found_in_rows: Found, zone: str, score: int, code: str, level: str
) -> None:
    segments = [rows("a", "R1", 0, clip="1.mp4"), rows("a", zone, score, clip="2.mp4")]
    found = found_in_rows(segments, {"1.mp4": "x", "2.mp4": "x"})
    same = {"same-clip-twice", "same-clip-other-labels", "leak-across-patients"}
    assert same & found.keys() == {code}
    assert found[code].level == level


def test_unknown_digests_are_no_duplicates(rows: Rows, found_in_rows: Found) -> None:
    found = found_in_rows([rows("a"), rows("b")], {"a_R1_0.mp4": "", "b_R1_0.mp4": ""})
    assert "leak-across-patients" not in found


def test_copies_across_patients_are_a_leak_however_they_were_made(
    rows: Rows, check: Check, drifting_clip: Drifting
) -> None:
    video = drifting_clip(1, frames=30)
    clips = {
        "a.mp4": video,
        "smaller.mp4": smaller(video),
        "part.mp4": video[7:20],
        "brighter.mp4": np.clip(video * 1.2, 0, 255).astype(np.uint8),
        "quite other.mp4": drifting_clip(2),
        "third.mp4": drifting_clip(3),
    }
    verdict = check(clips, [rows(name[0], clip=name) for name in clips])
    found = {finding.code: finding for finding in verdict.findings}
    leak = found["near-leak-across-patients"]
    assert leak.places == ("a.mp4 = smaller.mp4 = part.mp4 = brighter.mp4",)
    assert leak.level == "error"


def test_copies_of_one_patient_are_warned_of_by_whether_labels_agree(
    rows: Rows, check: Check, drifting_clip: Drifting
) -> None:
    first, second = drifting_clip(1), drifting_clip(2)
    clips = {"1.mp4": first, "1s.mp4": smaller(first), "2.mp4": second, "2s.mp4": smaller(second)}
    scores = (("R1", 1), ("R1", 1), ("R2", 1), ("R2", 2))
    segments = [rows("a", *score, clip=clip) for clip, score in zip(clips, scores, strict=True)]
    found = {finding.code: finding for finding in check(clips, segments).findings}
    assert found["near-duplicate"].places == ("1.mp4 = 1s.mp4",)
    assert found["near-duplicate"].level == "warning"
    assert found["near-duplicate-other-labels"].places == ("2.mp4 = 2s.mp4",)


def test_the_same_file_twice_is_told_once(
    rows: Rows, check: Check, drifting_clip: Drifting
) -> None:
    clips = dict.fromkeys(("1.mp4", "2.mp4"), drifting_clip(1))
    verdict = check(clips, [rows("a", clip="1.mp4"), rows("b", clip="2.mp4")])
    found = {finding.code: finding.places for finding in verdict.findings}
    assert found["leak-across-patients"] == ("1.mp4 = 2.mp4",)
    assert "near-leak-across-patients" not in found


def packed(*views: Bits) -> NDArray[np.uint8]:
    return np.packbits(np.stack(views), axis=2)


def random_bits(rng: np.random.Generator, frames: int) -> Bits:
    return rng.random((frames, HASH_BITS)) < 0.5


def flipped(bits: Bits, share: float, rng: np.random.Generator) -> Bits:
    return bits ^ (rng.random(bits.shape) < share)


def one_way(a: Bits, b: Bits) -> tuple[float, float]:
    """Distance by loops, and that of the middle frame alone."""
    probes = [a[int((place + 0.5) * len(a) / 5)] for place in range(5)]
    nearest = [min(float((probe ^ frame).mean()) for frame in b) for probe in probes]
    return float(np.mean(nearest)), min(float((a[len(a) // 2] ^ frame).mean()) for frame in b)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(2, 7), st.integers(1, 12))
def test_distances_are_those_of_plain_loops(seed: int, clips: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    source = random_bits(rng, 12)
    all_bits = [
        flipped(source[: rng.integers(1, 12)], rng.choice([0.02, 0.1, 0.5]), rng)
        for _ in range(clips)
    ]
    expected = {}
    for i, a in enumerate(all_bits):
        for j, b in enumerate(all_bits[:i]):
            ways = [one_way(a, b), one_way(b, a)]
            near = [mean for mean, middle in ways if mean <= MOST and middle <= 0.25]
            if near:
                expected[j, i] = min(near)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_BLOCK_FRAMES", block)
        found = find_alike([packed(bits) for bits in all_bits], MOST)
    assert {(i, j) for i, j, _ in found} == expected.keys()
    for i, j, distance in found:
        assert distance == pytest.approx(expected[i, j], abs=1e-6)


def test_either_view_is_enough_and_the_nearer_counts() -> None:
    rng = np.random.default_rng(0)
    a, b, other = (random_bits(rng, 9) for _ in range(3))
    near = flipped(b, 0.05, rng)
    clips = [packed(a, b), packed(other, near), packed(other[:3])]
    ((one, two, distance),) = find_alike(clips, 0.1)[1:]
    assert (one, two) == (0, 1)
    assert 0 < distance < 0.1


def test_clips_without_hashes_are_passed_over() -> None:
    bits = packed(random_bits(np.random.default_rng(0), 3))
    assert find_alike([None, bits, None, bits], 0.1) == [(1, 3, 0.0)]
    assert find_alike([None, bits], 0.1) == find_alike([], 0.1) == []


def test_a_thousand_clips_take_seconds() -> None:
    rng = np.random.default_rng(0)
    hashes = [packed(random_bits(rng, 25)) for _ in range(1000)]
    hashes[700] = hashes[3]
    started = time.perf_counter()
    assert find_alike(hashes, 0.1) == [(3, 700, 0.0)]
    assert time.perf_counter() - started < 15
