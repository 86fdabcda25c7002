import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lusscore.checks import near_duplicates
from lusscore.checks.frame_hashes import HASH_BITS, FrameHashes
from lusscore.checks.near_duplicates import find_alike

# no multiple of 1/720, so that no mean of five distances lies on it
MOST = 0.151

Bits = NDArray[np.bool_]


def packed(*views: Bits) -> FrameHashes:
    return FrameHashes(np.packbits(np.stack(views), axis=2))


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
        for j, b in enumerate(all_bits):
            if i < j:
                ways = [one_way(a, b), one_way(b, a)]
                near = [mean for mean, middle in ways if mean <= MOST and middle <= 0.25]
                if near:
                    expected[i, j] = min(near)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_duplicates, "_BLOCK_FRAMES", block)
        found = {(i, j): distance for i, j, distance in find_alike(map_packed(all_bits), MOST)}
    assert found.keys() == expected.keys()
    for pair, distance in found.items():
        assert distance == pytest.approx(expected[pair], abs=1e-6)


def map_packed(all_bits: list[Bits]) -> list[FrameHashes]:
    return [packed(bits) for bits in all_bits]


def test_a_part_of_a_clip_is_the_clip() -> None:
    rng = np.random.default_rng(0)
    whole = random_bits(rng, 40)
    assert find_alike([packed(whole), packed(whole[13:22])], 0.1) == [(0, 1, 0.0)]


def test_either_view_is_enough_and_the_nearer_counts() -> None:
    rng = np.random.default_rng(0)
    a, b, other = (random_bits(rng, 9) for _ in range(3))
    near = flipped(b, 0.05, rng)
    ((one, two, distance),) = find_alike(
        [packed(a, b), packed(other, near), packed(other[:3])], 0.1
    )[1:]
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
