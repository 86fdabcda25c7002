"""A bundle as files in memory, and back; what is wrong in any of them is found here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from lusscore.bundle.arrays import Arrays, pack_arrays, unpack_arrays
from lusscore.bundle.bundle import SCHEMA, Bundle, Network
from lusscore.bundle.entries import LINE, Entries
from lusscore.bundle.familiar_record import familiar_record, take_familiar
from lusscore.bundle.json_text import read_json, write_json
from lusscore.bundle.member_record import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    member_record,
    take_member,
)
from lusscore.bundle.model_card import render_card
from lusscore.bundle.names import ARRAYS, CARD, RECORD, SUMS
from lusscore.bundle.network_record import network_records, take_network
from lusscore.bundle.refusal import Refusal, clause, quoted
from lusscore.bundle.sums import write_sums
from lusscore.cohort import ExtractionSettings
from lusscore.cohort.protocols import get_protocol
from lusscore.cohort.rubrics import describe_rubric
from lusscore.errors import InvalidCohortError, LusscoreError
from lusscore.evaluation.rules import Rule

_Value = TypeVar("_Value")


def to_files(bundle: Bundle) -> dict[str, bytes]:
    """Return all files of a bundle by name; the same bytes for the same bundle.

    Raises
    ------
    Refusal
        If it has values that the files cannot hold.
    HeadError
        If a head is not trained.
    """
    networks, files = network_records(bundle.networks)
    members, arrays = [], dict[str, Any]()
    for number, member in enumerate(bundle.members):
        record, own = member_record(member, number)
        members.append(record)
        arrays |= own
    familiar, own = familiar_record(bundle.familiar)
    record = {
        "schema": SCHEMA,
        "id": bundle.id,
        "name": bundle.name,
        "created": bundle.created,
        "lusscore": bundle.lusscore,
        "protocol": bundle.protocol,
        "rubric": bundle.rubric,
        "label_level": bundle.label_level,
        "synthetic": bundle.synthetic,
        "extraction": bundle.extraction.as_table(),
        "networks": networks,
        "members": members,
        "temperature": bundle.temperature,
        "clip_rule": bundle.clip_rule.name,
        "zone_rule": bundle.zone_rule.name,
        "least_confidence": bundle.least_confidence,
        "coverage": bundle.coverage,
        "familiar": familiar,
        "card": bundle.card,
    }
    files |= {
        RECORD: write_json(record, RECORD),
        ARRAYS: pack_arrays(arrays | own),
        CARD: render_card(bundle).encode(),
    }
    return files | {SUMS: write_sums(files)}


def from_files(files: Mapping[str, bytes]) -> Bundle:
    """Read a bundle whose checksums were verified.

    Raises
    ------
    Refusal
        If it is of a later schema, or anything in it is not what a bundle has.
    """
    if RECORD not in files:
        raise Refusal(f"it has no {RECORD}")
    document = Entries(read_json(files[RECORD], RECORD))
    _check_schema(document.whole("schema", 1))
    left = {name: data for name, data in files.items() if name not in (RECORD, SUMS)}
    for name in (ARRAYS, CARD):
        if name not in left:
            raise Refusal(f"it has no {name}")
    arrays = unpack_arrays(left.pop(ARRAYS))
    del left[CARD]
    bundle = _bundle(document, left, arrays)
    document.end()
    for name in sorted(left):
        raise Refusal(f"nothing in {RECORD} has a use for the file {quoted(name)}")
    for name in sorted(arrays):
        raise Refusal(f"nothing in {RECORD} has a use for the array {quoted(name)} of {ARRAYS}")
    return bundle


def _check_schema(schema: int) -> None:
    if schema > SCHEMA:
        raise Refusal(
            f"it was written by a later lusscore (schema {schema}), and this one reads up to "
            f"{SCHEMA}",
            "update lusscore",
        )


def _bundle(document: Entries, files: dict[str, bytes], arrays: Arrays) -> Bundle:
    extraction = _known(document, "extraction", ExtractionSettings.from_table, document.table)
    networks = _networks(document, files, extraction)
    members = tuple(
        take_member(record, number, networks, arrays)
        for number, record in enumerate(document.each("members"))
    )
    dim = sum(network.spec.embedding_size for network in networks.values())
    bundle = Bundle(
        id=document.text("id", "[0-9a-f]{32}"),
        name=document.text("name", f"{LINE}{{1,200}}"),
        created=document.text("created"),
        lusscore=document.text("lusscore", r"[0-9A-Za-z.+!-]{1,100}"),
        protocol=document.text("protocol"),
        rubric=document.text("rubric"),
        label_level=document.text("label_level", "frame|clip|zone"),
        synthetic=document.flag("synthetic"),
        extraction=extraction,
        networks=networks,
        members=members,
        temperature=document.number("temperature", LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE),
        clip_rule=_known(document, "clip_rule", Rule.parse, document.text),
        zone_rule=_known(document, "zone_rule", Rule.parse, document.text),
        least_confidence=document.number("least_confidence", 0, 1),
        coverage=document.number("coverage", 0, 1),
        familiar=take_familiar(document.inner("familiar"), dim, arrays),
        card=document.table("card"),
    )
    for key, find in (
        ("created", datetime.fromisoformat),
        ("protocol", get_protocol),
        ("rubric", describe_rubric),
    ):
        _known(document, key, find, document.text)
    return bundle


def _networks(
    document: Entries, files: dict[str, bytes], extraction: ExtractionSettings
) -> dict[str, Network]:
    networks: dict[str, Network] = {}
    for record in document.each("networks"):
        network = take_network(record, files)
        name = network.spec.name
        if name in networks:
            raise document.refusal("networks", f"has the backbone {quoted(name)} twice")
        if network.spec.levels != tuple(sorted(extraction.levels)):
            raise document.refusal(
                "extraction", f"asks for other levels than the backbone {quoted(name)} gives"
            )
        networks[name] = network
    return networks


def _known(
    document: Entries,
    key: str,
    find: Callable[[Any], _Value],
    take: Callable[[str], Any],
) -> _Value:
    """Return what a value stands for, told by the room that knows."""
    value = take(key)
    try:
        return find(value)
    except InvalidCohortError as error:
        raise Refusal(f"{RECORD}: {key}.{clause(error.problems[0])}") from None
    except (LusscoreError, ValueError) as error:
        raise document.refusal(key, f"is not known here ({clause(error)})") from None
