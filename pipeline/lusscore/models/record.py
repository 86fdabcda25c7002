"""``bundle.json`` as typed records: a bundle as files in memory, and back.

What is wrong in any of the files is found here, before anything in them is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import AfterValidator, Field

from lusscore.backbones import BackboneSpec, get_preprocessing, with_levels
from lusscore.cohort import ExtractionSettings, describe_rubric, get_protocol
from lusscore.errors import BackboneError, BundleError, HeadError, LusscoreError
from lusscore.evaluation import EMBEDDING, FeatureSet, Rule
from lusscore.heads import ArrayReader, HeadState, head_defaults, head_state, restore_head
from lusscore.models.archive import (
    AGAIN,
    ARRAYS,
    CARD,
    RECORD,
    SUMS,
    Arrays,
    clause,
    network_stems,
    pack_arrays,
    refusal,
    unpack_arrays,
    write_sums,
)
from lusscore.models.bundle import SCHEMA, Bundle, Network, TrainedHead
from lusscore.models.card import ModelCard, render_card
from lusscore.models.ood import OODDetector
from lusscore.records import (
    Document,
    Record,
    known,
    matching,
    parse_json,
    quoted,
    to_json,
    validate,
)

_MOST_BYTES = 2 * 1024**2
# one character of a line: no control, and nothing that turns the order of those around it
_LINE = "[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
_OOD = "familiar."  # the name of the first bundles


def _time(value: str) -> str:
    datetime.fromisoformat(value)
    return value


def _no_path(most: int, least: int = 0) -> AfterValidator:
    return matching(
        rf"[^\x00-\x1f\x7f/\\]{{{least},{most}}}", f"{least} to {most} characters without slashes"
    )


_T = TypeVar("_T")
_SomeOf = Annotated[tuple[_T, ...], Field(min_length=1)]
_Line = Annotated[str, matching(f"{_LINE}{{0,1000}}", "one line")]
_RuleName = Annotated[_Line, known(Rule.parse)]
_Size = Annotated[int, Field(ge=1, le=10**6)]
_Side = Annotated[int, Field(ge=1, le=4096)]
_Count = Annotated[int, Field(ge=0, le=2**53)]
_Limit = Annotated[float, Field(gt=0, le=1e30)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Digest = Annotated[str, matching("[0-9a-f]{64}", "64 hexadecimal digits")]
# a fitted temperature is from 0.05 to 20, and two of them are multiplied
_Temperature = Annotated[float, Field(ge=1e-3, le=1e3)]


# keys of the record that are fields of the bundle as they are
_PLAIN = (
    *("id", "name", "created", "lusscore", "protocol", "rubric", "label_level", "synthetic"),
    *("temperature", "least_confidence", "coverage"),
)


class SpecRecord(Record):
    """A backbone; the fields are those of :class:`lusscore.backbones.BackboneSpec`."""

    name: Annotated[str, _no_path(200, least=1)]
    input_size: tuple[_Side, _Side]
    preprocessing: Annotated[str, known(get_preprocessing)]
    embedding_size: _Size
    parameters: _Count
    flops: _Count | None
    family: Literal["bundled", "keras", "onnx", "registered"]
    source: Annotated[str, _no_path(300)]
    cached_weights: Annotated[str, _no_path(300)]
    layout: Literal["NHWC", "NCHW"]
    output: _Line
    maps: tuple[tuple[_Size, _Size], ...]
    levels: tuple[str, ...]


class NetworkRecord(Record):
    """A backbone, the digest of its weights and the names of its files in the bundle."""

    spec: SpecRecord
    weights_digest: _Digest
    graph: Annotated[str, matching(r"networks/[\w.-]+\.xml", "an .xml file of the bundle")]
    graph_weights: Annotated[str, matching(r"networks/[\w.-]+\.bin", "a .bin file of the bundle")]


class TrainedHeadRecord(Record):
    """A trained head; `arrays` is what the names of its arrays begin with."""

    features: _SomeOf[tuple[str, _SomeOf[str]]]
    head: Annotated[str, known(head_defaults)]
    settings: dict[str, Any]
    facts: dict[str, Any]
    temperature: _Temperature
    arrays: str


class OODRecord(Record):
    """The numbers of :class:`lusscore.models.OODDetector`."""

    rest: _Limit
    limit: _Limit
    share: _Share


class BundleRecord(Document):
    """``bundle.json``; docs/bundles.md describes each key."""

    SCHEMA = SCHEMA
    RENEW = AGAIN
    id: Annotated[str, matching("[0-9a-f]{32}", "32 hexadecimal digits")]
    name: Annotated[str, matching(f"{_LINE}{{1,200}}", "one line of 1 to 200 characters")]
    created: Annotated[str, matching(".{1,40}", "a time, ISO 8601"), AfterValidator(_time)]
    lusscore: Annotated[str, matching("[0-9A-Za-z.+!-]{1,100}", "a version")]
    protocol: Annotated[_Line, known(get_protocol)]
    rubric: Annotated[_Line, known(describe_rubric)]
    label_level: Literal["frame", "clip", "zone"]
    synthetic: bool
    extraction: dict[str, Any]
    networks: _SomeOf[NetworkRecord]
    members: _SomeOf[TrainedHeadRecord]
    temperature: _Temperature
    clip_rule: _RuleName
    zone_rule: _RuleName
    least_confidence: _Share
    coverage: _Share
    familiar: OODRecord
    card: dict[str, Any]


def to_files(bundle: Bundle) -> dict[str, bytes]:
    """Return all files of a bundle by name; the same bytes for the same bundle.

    Raises
    ------
    BundleError
        If it has values that the files cannot hold.
    HeadError
        If a head is not trained.
    """
    networks, members = [], []
    files: dict[str, bytes] = {}
    arrays: Arrays = {}
    for network, stem in zip(bundle.networks.values(), network_stems(bundle.networks), strict=True):
        # the path of an ONNX file tells of one machine, maybe of a person, and leads nowhere else
        source = PureWindowsPath(PurePosixPath(network.spec.source).name).name
        graph, weights = f"{stem}.xml", f"{stem}.bin"
        networks.append(
            {
                "spec": asdict(network.spec) | {"source": source},
                "weights_digest": network.weights_digest,
                "graph": graph,
                "graph_weights": weights,
            }
        )
        files |= {graph: network.graph, weights: network.graph_weights}
    for number, member in enumerate(bundle.members):
        learned, prefix = head_state(member.name, member.head), f"head{number}."
        members.append(
            {
                "features": [[one.backbone, one.levels] for one in member.features],
                "head": learned.name,
                "settings": learned.settings,
                "facts": learned.facts,
                "temperature": member.temperature,
                "arrays": prefix,
            }
        )
        arrays |= {prefix + name: array for name, array in learned.arrays.items()}
    for key in ("mean", "directions", "deviations"):
        arrays[_OOD + key] = np.asarray(getattr(bundle.ood, key), np.float32)
    table = {key: getattr(bundle, key) for key in _PLAIN} | {
        "schema": SCHEMA,
        "extraction": bundle.extraction.as_table(),
        "networks": networks,
        "members": members,
        "clip_rule": bundle.clip_rule.name,
        "zone_rule": bundle.zone_rule.name,
        "familiar": {key: getattr(bundle.ood, key) for key in OODRecord.model_fields},
        "card": {"schema": ModelCard.SCHEMA, **bundle.card},
    }
    with _first_problem():
        record = validate(table, BundleRecord, BundleError)
    files |= {
        RECORD: to_json(record),
        ARRAYS: pack_arrays(arrays),
        CARD: render_card(bundle).encode(),
    }
    return files | {SUMS: write_sums(files)}


def from_files(files: Mapping[str, bytes]) -> Bundle:
    """Read a bundle whose checksums were verified.

    Raises
    ------
    BundleError
        If it is of a later schema, or anything in it is not what a bundle has.
    """
    left = {name: data for name, data in files.items() if name != SUMS}
    with _first_problem():
        text = _take(left, RECORD)
        record = parse_json(text, BundleRecord, BundleError, most_bytes=_MOST_BYTES)
    with _first_problem("card: "):
        validate(record.card, ModelCard, BundleError)
    with _first_problem("extraction."):
        extraction = ExtractionSettings.from_table(record.extraction)
    _take(left, CARD)
    arrays = unpack_arrays(_take(left, ARRAYS))
    networks: dict[str, Network] = {}
    for each in record.networks:
        spec = BackboneSpec(**dict(each.spec))
        try:
            same = with_levels(spec, extraction.levels) == spec
        except BackboneError:
            same = False
        if not same:
            raise _refuse("extraction", f"asks for other levels than {quoted(spec.name)} gives")
        if spec.name in networks:
            raise _refuse("networks", f"has the backbone {quoted(spec.name)} twice")
        graph, weights = _take(left, each.graph), _take(left, each.graph_weights)
        networks[spec.name] = Network(spec, each.weights_digest, graph, weights)
    members = tuple(_member(one, k, networks, arrays) for k, one in enumerate(record.members))
    dim = sum(network.spec.embedding_size for network in networks.values())
    ood = _detector(record.familiar, dim, arrays)
    for kind, names in (("file", left), ("array", arrays)):
        for name in sorted(names):
            raise refusal(f"nothing in {RECORD} has a use for the {kind} {quoted(name)}")
    plain = {key: getattr(record, key) for key in _PLAIN}
    return Bundle(
        **plain,
        extraction=extraction,
        networks=networks,
        members=members,
        clip_rule=Rule.parse(record.clip_rule),
        zone_rule=Rule.parse(record.zone_rule),
        ood=ood,
        card={key: value for key, value in record.card.items() if key != "schema"},
    )


@contextmanager
def _first_problem(place: str = "") -> Iterator[None]:
    """Of all problems of a record, name the first, which is enough to refuse a bundle."""
    try:
        yield
    except LusscoreError as error:
        first = next(iter(error.problems), None)
        what = f"{first.where}: {first.what}" if first else error.what
        advice = AGAIN if first or not error.advice else error.advice
        raise refusal(f"{RECORD}: {place}{what}", advice) from None


def _refuse(where: str, what: str) -> BundleError:
    return refusal(f"{RECORD}: {where} {what}")


def _take(files: dict[str, bytes], name: str) -> bytes:
    if name not in files:
        raise refusal(f"it has no {name}")
    return files.pop(name)


def _member(
    record: TrainedHeadRecord, number: int, networks: Mapping[str, Network], arrays: Arrays
) -> TrainedHead:
    """Read one, taking its arrays out of `arrays`."""
    place = f"members[{number}]"
    features = tuple(FeatureSet(backbone, levels) for backbone, levels in record.features)
    size = sum(_size(one, place, networks) for one in features)
    own = _with_prefix(arrays, record.arrays)
    try:
        head = restore_head(HeadState(record.head, record.settings, record.facts, own))
    except HeadError as error:
        raise refusal(f"the head head{number} cannot be restored ({clause(error)})") from None
    seen = head.n_features_in_
    if seen != size:
        raise _refuse(place, f"gives {size} numbers a frame to a head that takes {seen}")
    if not set(head.classes_) <= {0, 1, 2, 3}:
        raise _refuse(place, "knows other scores than 0, 1, 2 and 3")
    every = head.get_params(deep=False)
    return TrainedHead(features, record.head, every, head, record.temperature)


def _size(features: FeatureSet, place: str, networks: Mapping[str, Network]) -> int:
    backbone = features.backbone
    if backbone not in networks:
        raise _refuse(place, f"names the backbone {quoted(backbone)}, which is not in the bundle")
    spec = networks[backbone].spec
    sizes = {EMBEDDING: spec.embedding_size} | spec.level_sizes
    for level in features.levels:
        if level not in sizes:
            raise _refuse(place, f"names {quoted(level)}, which {spec.name} does not give")
    return sum(sizes[level] for level in features.levels)


def _detector(record: OODRecord, dim: int, arrays: Arrays) -> OODDetector:
    """Read it, taking its arrays out of `arrays`; embeddings are `dim` numbers long."""
    own = ArrayReader(_with_prefix(arrays, _OOD), "OOD detector")
    try:
        mean = own.take("mean", (dim,), np.float32)
        deviations = own.take("deviations", (None,), np.float32)
        directions = own.take("directions", (dim, len(deviations)), np.float32)
        own.finish()
    except HeadError as error:
        raise refusal(f"{ARRAYS}: {clause(error)}") from None
    if not (deviations > 0).all():
        raise refusal(f"{ARRAYS}: the OOD detector has deviations that are not above 0")
    return OODDetector(mean, directions, deviations, record.rest, record.limit, record.share)


def _with_prefix(arrays: Arrays, prefix: str) -> Arrays:
    """Take out the arrays whose names begin so, by the rest of their names."""
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): arrays.pop(name) for name in names}
