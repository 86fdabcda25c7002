"""``bundle.json`` as typed records: a bundle as files in memory, and back.

What is wrong in any of the files is found here, before anything in them is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from lusscore.backbones import BackboneSpec, preprocessing_names
from lusscore.cohort import ExtractionSettings, Level, check_levels, describe_rubric, get_protocol
from lusscore.errors import BundleError, CohortError, HeadError
from lusscore.evaluation import EMBEDDING, FeatureSet, Rule
from lusscore.heads import ArrayReader, HeadState, head_names, head_state, restore_head
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

_Record = TypeVar("_Record", bound=Record)
_MOST_BYTES = 2 * 1024**2
_LARGEST = 1e30
# one character of a line: no control, and nothing that turns the order of those around it
_LINE = "[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
_OOD = "familiar."  # the name of the first bundles


def _among(names: Callable[[], Iterable[str]]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in names():
            raise ValueError(f"{quoted(value)} is none of {', '.join(names())}")
        return value

    return AfterValidator(check)


def _no_path(most: int, least: int = 0) -> AfterValidator:
    return matching(
        rf"[^\x00-\x1f\x7f/\\]{{{least},{most}}}", f"{least} to {most} characters without slashes"
    )


def _time(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{quoted(value)} is not allowed; expected a time, ISO 8601") from None
    return value


_Line = Annotated[str, matching(f"{_LINE}{{0,1000}}", "one line")]
_RuleName = Annotated[_Line, known(Rule.parse)]
_Size = Annotated[int, Field(ge=1, le=10**6)]
_Side = Annotated[int, Field(ge=1, le=4096)]
_Count = Annotated[int, Field(ge=0, le=2**53)]
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
    preprocessing: Annotated[str, _among(preprocessing_names)]
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

    @model_validator(mode="after")
    def _fits(self) -> SpecRecord:
        wrong = check_levels(self.levels)
        strides = {stride for stride, _ in self.maps}
        if wrong:
            raise ValueError(f"levels {wrong}")
        for level in self.levels:
            if Level.parse(level).stride not in strides:
                raise ValueError(f"has the level {level} but no feature map of that stride")
        if list(self.levels) != sorted(self.levels) or len(strides) != len(self.maps):
            raise ValueError("has its levels out of order, or two maps of one stride")
        return self


class NetworkRecord(Record):
    """A backbone, the digest of its weights and the names of its files in the bundle."""

    spec: SpecRecord
    weights_digest: _Digest
    graph: str
    graph_weights: str


class TrainedHeadRecord(Record):
    """A trained head; `arrays` is what the names of its arrays begin with."""

    features: Annotated[tuple[tuple[str, tuple[str, ...]], ...], Field(min_length=1)]
    head: Annotated[str, _among(head_names)]
    settings: dict[str, Any]
    facts: dict[str, Any]
    temperature: _Temperature
    arrays: str


class OODRecord(Record):
    """The numbers of :class:`lusscore.models.OODDetector`."""

    rest: Annotated[float, Field(gt=0, le=_LARGEST)]
    limit: Annotated[float, Field(gt=0, le=_LARGEST)]
    share: _Share


class BundleRecord(Document):
    """``bundle.json``; docs/bundles.md describes each key."""

    SCHEMA = SCHEMA
    RENEW = AGAIN
    id: Annotated[str, matching("[0-9a-f]{32}", "32 hexadecimal digits")]
    name: Annotated[str, matching(f"{_LINE}{{1,200}}", "one line of 1 to 200 characters")]
    created: Annotated[str, AfterValidator(_time)]
    lusscore: Annotated[str, matching("[0-9A-Za-z.+!-]{1,100}", "a version")]
    protocol: Annotated[_Line, known(get_protocol)]
    rubric: Annotated[_Line, known(describe_rubric)]
    label_level: Literal["frame", "clip", "zone"]
    synthetic: bool
    extraction: dict[str, Any]
    networks: Annotated[tuple[NetworkRecord, ...], Field(min_length=1)]
    members: Annotated[tuple[TrainedHeadRecord, ...], Field(min_length=1)]
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
    arrays: Arrays = {
        _OOD + key: np.asarray(getattr(bundle.ood, key), np.float32)
        for key in ("mean", "directions", "deviations")
    }
    for network, stem in zip(bundle.networks.values(), network_stems(bundle.networks), strict=True):
        # the path of an ONNX file tells of one machine, maybe of a person, and leads nowhere else
        source = PureWindowsPath(PurePosixPath(network.spec.source).name).name
        networks.append(
            {
                "spec": asdict(network.spec) | {"source": source},
                "weights_digest": network.weights_digest,
                "graph": f"{stem}.xml",
                "graph_weights": f"{stem}.bin",
            }
        )
        files |= {f"{stem}.xml": network.graph, f"{stem}.bin": network.graph_weights}
    own: Arrays = {}
    for number, member in enumerate(bundle.members):
        learned, prefix = head_state(member.name, member.head), f"head{number}."
        members.append(
            {
                "features": [[one.backbone, one.levels] for one in member.features],
                "head": learned.name,
                "settings": dict(learned.settings),
                "facts": dict(learned.facts),
                "temperature": member.temperature,
                "arrays": prefix,
            }
        )
        own |= {prefix + name: array for name, array in learned.arrays.items()}
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
    record = _checked(partial(validate, table, BundleRecord, BundleError))
    files |= {
        RECORD: to_json(record),
        ARRAYS: pack_arrays(own | arrays),
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
    if RECORD not in files:
        raise refusal(f"it has no {RECORD}")
    record = _checked(
        partial(parse_json, files[RECORD], BundleRecord, BundleError, most_bytes=_MOST_BYTES)
    )
    _checked(partial(validate, record.card, ModelCard, BundleError), "card: ")
    for name in (ARRAYS, CARD):
        if name not in files:
            raise refusal(f"it has no {name}")
    known_files = (RECORD, ARRAYS, CARD, SUMS)
    left = {name: data for name, data in files.items() if name not in known_files}
    arrays = unpack_arrays(files[ARRAYS])
    extraction = _extraction(record.extraction)
    networks: dict[str, Network] = {}
    for number, each in enumerate(record.networks):
        network = _network(each, f"networks[{number}]", left)
        name = network.spec.name
        if name in networks:
            raise _refuse("networks", f"has the backbone {quoted(name)} twice")
        if network.spec.levels != tuple(sorted(extraction.levels)):
            raise _refuse(
                "extraction", f"asks for other levels than the backbone {quoted(name)} gives"
            )
        networks[name] = network
    members = tuple(_member(one, k, networks, arrays) for k, one in enumerate(record.members))
    dim = sum(network.spec.embedding_size for network in networks.values())
    ood = _detector(record.familiar, dim, arrays)
    for name in sorted(left):
        raise refusal(f"nothing in {RECORD} has a use for the file {quoted(name)}")
    for name in sorted(arrays):
        raise refusal(f"nothing in {RECORD} has a use for the array {quoted(name)} of {ARRAYS}")
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


def _checked(read: Callable[[], _Record], place: str = "") -> _Record:
    """Read or make a record; of all its problems, the first is enough to refuse a bundle."""
    try:
        return read()
    except BundleError as error:
        first = next(iter(error.problems), None)
        what = f"{first.where}: {first.what}" if first else error.what
        raise refusal(
            f"{RECORD}: {place}{what}", AGAIN if first or not error.advice else error.advice
        ) from None


def _refuse(where: str, what: str) -> BundleError:
    return refusal(f"{RECORD}: {where} {what}")


def _extraction(table: Mapping[str, Any]) -> ExtractionSettings:
    try:
        return ExtractionSettings.from_table(table)
    except CohortError as error:
        wrong = f"{error.problems[0].where} {error.problems[0].what}" if error.problems else error
        raise refusal(f"{RECORD}: extraction.{clause(wrong)}") from None


def _network(record: NetworkRecord, place: str, files: dict[str, bytes]) -> Network:
    """Read one, taking its two files out of `files`."""
    taken = []
    for key, suffix in (("graph", ".xml"), ("graph_weights", ".bin")):
        name = getattr(record, key)
        if name not in files or not name.endswith(suffix):
            raise _refuse(
                f"{place}.{key}",
                f"names {quoted(name)}, which is no {suffix} file of the bundle's own",
            )
        taken.append(files.pop(name))
    return Network(BackboneSpec(**dict(record.spec)), record.weights_digest, *taken)


def _member(
    record: TrainedHeadRecord, number: int, networks: Mapping[str, Network], arrays: Arrays
) -> TrainedHead:
    """Read one, taking its arrays out of `arrays`."""
    place, prefix = f"members[{number}]", f"head{number}."
    features = tuple(FeatureSet(backbone, levels) for backbone, levels in record.features)
    size = sum(_size(one, f"{place}.features", networks) for one in features)
    if record.arrays != prefix:
        raise _refuse(f"{place}.arrays", f"is not {prefix!r}")
    own = _with_prefix(arrays, prefix)
    try:
        head = restore_head(HeadState(record.head, record.settings, record.facts, own))
    except HeadError as error:
        raise refusal(f"the head head{number} cannot be restored ({clause(error)})") from None
    seen = getattr(head, "n_features_in_", None)
    if seen != size:
        raise _refuse(
            f"{place}.features", f"gives {size} numbers a frame to a head that takes {seen}"
        )
    classes = [int(value) for value in head.classes_]
    if classes != sorted(set(classes)) or not set(classes) <= {0, 1, 2, 3}:
        raise _refuse(f"{place}.head", "knows other scores than 0, 1, 2 and 3")
    every = head.get_params(deep=False)
    return TrainedHead(features, record.head, every, head, record.temperature)


def _size(features: FeatureSet, place: str, networks: Mapping[str, Network]) -> int:
    backbone, levels = features.backbone, features.levels
    if backbone not in networks:
        raise _refuse(place, f"names the backbone {quoted(backbone)}, which is not in the bundle")
    if not levels or len(set(levels)) < len(levels):
        raise _refuse(place, "is not made of pairs of a backbone and its levels")
    spec = networks[backbone].spec
    sizes = {EMBEDDING: spec.embedding_size} | spec.level_sizes
    for level in levels:
        if level not in sizes:
            raise _refuse(place, f"names {quoted(level)}, which {spec.name} does not give")
    return sum(sizes[level] for level in levels)


def _detector(record: OODRecord, dim: int, arrays: Arrays) -> OODDetector:
    """Read it, taking its arrays out of `arrays`; embeddings are `dim` numbers long."""
    own = ArrayReader(_with_prefix(arrays, _OOD), "OOD detector")
    try:
        mean = own.take("mean", (dim,), np.float32)
        deviations = own.take("deviations", (None,), np.float32)
        directions = own.take("directions", (dim, len(deviations)), np.float32)
        if not (deviations > 0).all():
            raise own.refusal("has deviations that are not above 0")
        own.finish()
    except HeadError as error:
        raise refusal(f"{ARRAYS}: {clause(error)}") from None
    return OODDetector(mean, directions, deviations, record.rest, record.limit, record.share)


def _with_prefix(arrays: Arrays, prefix: str) -> Arrays:
    """Take out the arrays whose names begin so, by the rest of their names."""
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): arrays.pop(name) for name in names}
