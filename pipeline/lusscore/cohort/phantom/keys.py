"""Random generators that depend on what they are for and on nothing else."""

from __future__ import annotations

import zlib

import numpy as np


def keyed_generator(seed: int, patient: int, *words: str) -> np.random.Generator:
    """Return the generator of one purpose.

    Two calls with the same arguments give the same numbers whatever was drawn before, in
    whichever process and however many patients there are.

    Parameters
    ----------
    seed
        Seed of the cohort, at least 0.
    patient
        Number of the patient, from 1.
    words
        Zone and purpose, e.g. ``"R-ant-sup", "ribs"``.
    """
    key = (patient, *(zlib.crc32(word.encode()) for word in words))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
