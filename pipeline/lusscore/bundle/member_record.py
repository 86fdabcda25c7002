"""Trained heads in ``bundle.json`` and ``arrays.npz``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lusscore.bundle.arrays import Arrays
from lusscore.bundle.bundle import Member, Network
from lusscore.bundle.entries import Entries
from lusscore.bundle.refusal import Refusal, clause, quoted
from lusscore.errors import HeadError
from lusscore.evaluation.feature_sets import EMBEDDING, FeatureSet
from lusscore.head import Learned, head_names, restore_head, take_learned

# a fitted temperature is from 0.05 to 20, and two of them are multiplied
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 1e-3, 1e3


def member_record(member: Member, number: int) -> tuple[dict[str, Any], Arrays]:
    """Return what ``bundle.json`` says of a member, and its arrays by their names there.

    Raises
    ------
    HeadError
        If the head is not trained or not the one it is said to be.
    """
    learned = take_learned(member.name, member.head)
    prefix = _prefix(number)
    record = {
        "features": [[one.backbone, list(one.levels)] for one in member.features],
        "head": learned.name,
        "settings": dict(learned.settings),
        "facts": dict(learned.facts),
        "temperature": member.temperature,
        "arrays": prefix,
    }
    return record, {prefix + name: array for name, array in learned.arrays.items()}


def take_member(
    record: Entries, number: int, networks: Mapping[str, Network], arrays: Arrays
) -> Member:
    """Read one, taking its arrays out of `arrays`.

    Raises
    ------
    Refusal
        If the head is unknown, was not learned from what it is said to see, or sees what no
        network of the bundle gives.
    """
    features = tuple(_feature_set(record, value) for value in record.values("features", least=1))
    size = sum(_size(record, one, networks) for one in features)
    name = record.text("head")
    if name not in head_names():
        raise record.refusal(
            "head", f"is {quoted(name)}, which is none of {', '.join(head_names())}"
        )
    settings, facts = record.table("settings"), record.table("facts")
    temperature = record.number("temperature", LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE)
    prefix = _prefix(number)
    if record.text("arrays") != prefix:
        raise record.refusal("arrays", f"is not {prefix!r}")
    record.end()
    own = [key for key in arrays if key.startswith(prefix)]
    learned = Learned(name, settings, facts, {key[len(prefix) :]: arrays.pop(key) for key in own})
    try:
        head = restore_head(learned)
    except HeadError as error:
        raise Refusal(
            f"the head {prefix.rstrip('.')} cannot be restored ({clause(error)})"
        ) from None
    seen = getattr(head, "n_features_in_", None)
    if seen != size:
        raise record.refusal(
            "features", f"gives {size} numbers a frame to a head that takes {seen}"
        )
    classes = [int(value) for value in head.classes_]
    if classes != sorted(set(classes)) or not set(classes) <= {0, 1, 2, 3}:
        raise record.refusal("head", "knows other scores than 0, 1, 2 and 3")
    every = head.get_params(deep=False)
    return Member(features, name, every, head, temperature)


def _prefix(number: int) -> str:
    return f"head{number}."


def _feature_set(record: Entries, value: Any) -> FeatureSet:
    if not (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], list)
        and value[1]
        and all(isinstance(level, str) for level in value[1])
        and len(set(value[1])) == len(value[1])
    ):
        raise record.refusal("features", "is not made of pairs of a backbone and its levels")
    return FeatureSet(value[0], tuple(value[1]))


def _size(record: Entries, features: FeatureSet, networks: Mapping[str, Network]) -> int:
    if features.backbone not in networks:
        raise record.refusal(
            "features",
            f"names the backbone {quoted(features.backbone)}, which is not in the bundle",
        )
    spec = networks[features.backbone].spec
    sizes = {EMBEDDING: spec.embedding_size} | spec.level_sizes
    for level in features.levels:
        if level not in sizes:
            raise record.refusal(
                "features", f"names {quoted(level)}, which {spec.name} does not give"
            )
    return sum(sizes[level] for level in features.levels)
