"""Backbones in ``bundle.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from lusscore.backbones import BackboneSpec, preprocessing_names
from lusscore.bundle.bundle import Network
from lusscore.bundle.entries import Entries
from lusscore.bundle.names import RECORD, network_stems
from lusscore.bundle.refusal import Refusal, quoted
from lusscore.cohort.embedding_levels import Level, check_levels

_GRAPH, _WEIGHTS = ".xml", ".bin"
_DIGEST = "[0-9a-f]{64}"
_MOST_NUMBERS = 10**6


def network_records(
    networks: Mapping[str, Network],
) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Return what ``bundle.json`` says of the networks, and their files."""
    records: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    for network, stem in zip(networks.values(), network_stems(networks), strict=True):
        spec: dict[str, Any] = {
            entry.name: getattr(network.spec, entry.name) for entry in fields(BackboneSpec)
        }
        # the path of an ONNX file tells of one machine, maybe of a person, and leads nowhere else
        spec["source"] = PureWindowsPath(PurePosixPath(spec["source"]).name).name
        names = {"graph": stem + _GRAPH, "graph_weights": stem + _WEIGHTS}
        records.append({"spec": spec, "weights_digest": network.weights_digest, **names})
        files |= {
            names["graph"]: network.graph,
            names["graph_weights"]: network.graph_weights,
        }
    return records, files


def take_network(record: Entries, files: dict[str, bytes]) -> Network:
    """Read one, taking its two files out of `files`.

    Raises
    ------
    Refusal
        If anything is not what a backbone has, or a file is not there.
    """
    spec = _spec(record.inner("spec"))
    digest = record.text("weights_digest", _DIGEST)
    graph, weights = (
        _take_file(record, key, suffix, files)
        for key, suffix in (("graph", _GRAPH), ("graph_weights", _WEIGHTS))
    )
    record.end()
    return Network(spec, digest, graph, weights)


def _take_file(record: Entries, key: str, suffix: str, files: dict[str, bytes]) -> bytes:
    name = record.text(key)
    if name not in files or not name.endswith(suffix):
        raise record.refusal(
            key, f"names {quoted(name)}, which is no {suffix} file of the bundle's own"
        )
    return files.pop(name)


def _spec(entries: Entries) -> BackboneSpec:
    name = entries.text("name", r"[^\x00-\x1f\x7f/\\]{1,200}")
    height, width = _pair(entries, "input_size", entries.values("input_size"), 1, 4096)
    spec = BackboneSpec(
        name=name,
        input_size=(height, width),
        preprocessing=entries.text("preprocessing"),
        embedding_size=entries.whole("embedding_size", 1, _MOST_NUMBERS),
        parameters=entries.whole("parameters"),
        flops=None if entries.is_null("flops") else entries.whole("flops"),
        family=entries.text("family", "bundled|keras|onnx|registered"),
        source=entries.text("source", r"[^\x00-\x1f\x7f/\\]{0,300}"),
        cached_weights=entries.text("cached_weights", r"[^\x00-\x1f\x7f/\\]{0,300}"),
        layout=entries.text("layout", "NHWC|NCHW"),
        output=entries.text("output"),
        maps=tuple(
            _pair(entries, "maps", pair, 1, _MOST_NUMBERS) for pair in entries.values("maps")
        ),
        levels=entries.texts("levels"),
    )
    entries.end()
    _check_spec(spec)
    return spec


def _pair(entries: Entries, key: str, value: Any, low: int, high: int) -> tuple[int, int]:
    good = isinstance(value, list) and len(value) == 2
    if not good or not all(type(side) is int and low <= side <= high for side in value):
        raise entries.refusal(key, f"is not made of pairs of whole numbers from {low} to {high}")
    return (value[0], value[1])


def _check_spec(spec: BackboneSpec) -> None:
    """Refuse what contradicts itself, or what this lusscore does not know."""
    place = f"{RECORD}: the backbone {quoted(spec.name)}"
    if spec.preprocessing not in preprocessing_names():
        raise Refusal(f"{place} has the unknown preprocessing {quoted(spec.preprocessing)}")
    wrong = check_levels(spec.levels)
    if wrong:
        raise Refusal(f"{place} {wrong}")
    strides = {stride for stride, _ in spec.maps}
    for level in spec.levels:
        if Level.parse(level).stride not in strides:
            raise Refusal(f"{place} has the level {level} but no feature map of that stride")
    if list(spec.levels) != sorted(spec.levels) or len(strides) != len(spec.maps):
        raise Refusal(f"{place} has its levels out of order, or two maps of one stride")
