"""What a bundle says is believed only where it can be true, whoever wrote its checksums."""

import io
import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bundle_tamper import Planted, lay_out, record_changed, refusal_of, sums_again
from lusscore.errors import BundleError
from lusscore.models import SCHEMA, Bundle, bundle_facts, from_files, to_files

Files = Mapping[str, bytes]
Change = Callable[[dict[str, Any]], object]


def test_the_same_bundle_is_the_same_bytes(tiny: Bundle, files: Files) -> None:
    assert to_files(tiny) == files
    assert to_files(from_files(files)) == files
    assert to_files(replace(tiny, name="other"))["SHA256SUMS"] != files["SHA256SUMS"]


def test_a_later_schema_is_refused_with_the_advice_to_update(files: Files, tmp_path: Path) -> None:
    later = {"schema": SCHEMA + 1, "all": "is different"}
    folder = lay_out(sums_again({"bundle.json": json.dumps(later).encode()}), tmp_path / "later")
    message = refusal_of(folder)
    assert f"written by a later lusscore (schema {SCHEMA + 1})" in message
    assert message.endswith("; update lusscore.")


@pytest.mark.parametrize("schema", [0, -1, "1", 1.0, True, None])
def test_no_schema_is_no_bundle(files: Files, schema: Any) -> None:
    with pytest.raises(BundleError, match="schema"):
        from_files(record_changed(files, lambda record: record.update(schema=schema)))


def deep(record: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    inner: Any = record
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (("id",), "0" * 31, "id: '000"),
        (("name",), "", "name: '' is not"),
        (("name",), "a\x1b[31m", "not the JSON"),
        (("name",), "a\u202egpj.exe", "name: 'a"),
        (("created",), "yesterday", "created: Invalid"),
        (("protocol",), "blue-7", "protocol: Unknown"),
        (("rubric",), "mine", "rubric: Unknown"),
        (("label_level",), "exam", "label_level: 'exam'"),
        (("extraction", "frames"), "no such policy", "extraction.frames"),
        (("extraction", "levels"), ["32.top"], "asks for other levels"),
        (("extraction", "more"), 1, "extraction.more"),
        (("networks",), [], "networks: [] is not"),
        (("networks", 0, "spec", "name"), "../a", "spec.name: '../a'"),
        (("networks", 0, "spec", "input_size"), [0, 1], "input_size"),
        (("networks", 0, "spec", "preprocessing"), "eval", "preprocessing: Unknown"),
        (("networks", 0, "spec", "embedding_size"), 13, "gives 13 numbers a frame to a head"),
        (("networks", 0, "spec", "source"), "/etc/passwd", "source"),
        (("networks", 0, "spec", "levels"), ["32.top"], "asks for other levels"),
        (("networks", 0, "spec", "levels"), ["top"], "asks for other levels"),
        (("networks", 0, "graph"), "/etc/passwd", "expected an .xml file"),
        (("networks", 0, "graph"), "networks/tiny.bin", "expected an .xml file"),
        (("networks", 0, "graph_weights"), "SHA256SUMS", "expected a .bin file"),
        (("networks", 0, "graph_weights"), "networks/no.bin", "it has no networks/no.bin"),
        (("members",), [], "members: [] is not"),
        (("members", 0, "features"), [["other", ["embedding"]]], "not in the bundle"),
        (("members", 0, "features"), [["tiny", ["32.top"]]], "which tiny does not give"),
        (("members", 0, "features"), [["tiny", []]], "features[0][1]: [] is not"),
        (("members", 0, "features"), [["tiny", ["embedding"]]] * 2, "gives 24 numbers"),
        (("members", 0, "head"), "os.system", "head: Unknown head"),
        (("members", 0, "head"), "svm", "head0 cannot be restored"),
        (("members", 0, "settings", "evil"), 1, "has no setting 'evil'"),
        (("members", 0, "facts", "classes_"), [0, 1, 2, 4], "other scores than"),
        (("members", 0, "facts", "classes_"), [1, 0, 2, 3], "rising classes_"),
        (("members", 0, "temperature"), 0, "expected at least 0.001"),
        (("members", 0, "arrays"), "familiar.", "head0 cannot be restored"),
        (("temperature",), 1e9, "expected at most 1000"),
        (("clip_rule",), "best", "clip_rule: "),
        (("least_confidence",), 1.5, "least_confidence"),
        (("familiar", "limit"), 0, "familiar.limit"),
        (("familiar", "more"), 2, "familiar.more: is unknown"),
        (("card", "schema"), 2, "card: it was written by a later lusscore (schema 2)"),
        (("more",), 1, "more: is unknown"),
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_refused_in_a_sentence(
    files: Files, tmp_path: Path, path: tuple[Any, ...], value: Any, what: str
) -> None:
    changed = record_changed(files, lambda record: deep(record, path, value))
    assert what in refusal_of(lay_out(changed, tmp_path / "odd"))


def test_every_entry_must_be_there(files: Files) -> None:
    for key in json.loads(files["bundle.json"]):
        with pytest.raises(BundleError, match=f"{key}: is missing"):
            from_files(record_changed(files, lambda record, key=key: record.pop(key)))


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 3, 0.5, 10**30, "", "a", "embedding", [], ["a"], [[]], [1, 1], {}, {"a": 1}]
)


@settings(max_examples=300)
@given(st.data())
def test_whatever_stands_anywhere_is_read_or_refused(files: Files, data: st.DataObject) -> None:
    record = json.loads(files["bundle.json"])
    inner: Any = record
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = data.draw(st.sampled_from(keys))
        below = inner[key]
        if isinstance(below, (dict, list)) and below and data.draw(st.booleans()):
            inner = below
            continue
        inner[key] = data.draw(ODD)
        break
    refusal, found = "", None
    try:
        found = from_files({**files, "bundle.json": json.dumps(record).encode()})
    except BundleError as error:
        refusal = str(error)
    assert refusal.isprintable()
    assert len(refusal) < 600
    # what is let through can be written and read again
    assert found is None or from_files(to_files(found)).id == found.id


def arrays_changed(files: Files, change: Callable[[dict[str, Any]], object]) -> dict[str, bytes]:
    with np.load(io.BytesIO(files["arrays.npz"])) as file:
        arrays: dict[str, Any] = dict(file)
    change(arrays)
    memory = io.BytesIO()
    np.savez(memory, **arrays)
    return sums_again({**files, "arrays.npz": memory.getvalue()})


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda a: a.pop("head0.coef"), "lacks its array coef"),
        (lambda a: a.pop("familiar.mean"), "OOD detector lacks its array mean"),
        (lambda a: a.update({"more": np.ones(1)}), "a use for the array 'more'"),
        (lambda a: a.update({"head1.coef": np.ones(1)}), "a use for the array 'head1.coef'"),
        (lambda a: a.update({"head0.more": np.ones(1)}), "'more' that it has no use for"),
        (lambda a: a.update({"head0.coef": np.ones((11, 4))}), "has its array coef as"),
        (lambda a: a.update({"head0.coef": np.ones((12, 4), "f4")}), "has its array coef as"),
        (lambda a: a.update({"head0.coef": np.ones((12, 4), object)}), "no array of finite"),
        (lambda a: a.update({"head0.coef": np.full((12, 4), np.nan)}), "no array of finite"),
        (lambda a: a.update({"familiar.mean": np.ones(5, "f4")}), "array mean as float32 (5,)"),
        (lambda a: a.update({"familiar.mean": np.ones(12)}), "array mean as float64"),
        (lambda a: a.update({"familiar.deviations": np.zeros(3, "f4")}), "not above 0"),
        (lambda a: a.update({"familiar.deviations": np.ones(2, "f4")}), "array directions as"),
        (lambda a: a.update({"familiar.deviations": np.ones(0, "f4")}), "array deviations as"),
    ],
)  # fmt: skip
def test_arrays_that_cannot_be_are_refused(
    files: Files, tmp_path: Path, change: Change, what: str
) -> None:
    changed = lay_out(arrays_changed(files, change), tmp_path / "odd")
    assert what in refusal_of(changed)


def test_no_code_of_a_bundle_is_run(files: Files, tmp_path: Path) -> None:
    planted = Planted(tmp_path / "run")
    code = f"import os; os.mkdir({str(tmp_path / 'run')!r})"
    odd: list[dict[str, bytes]] = [
        arrays_changed(files, lambda a: a.update({"head0.coef": np.array([planted], object)})),
        sums_again({**files, "arrays.npz": pickle.dumps(planted)}),
        sums_again({**files, "bundle.json": pickle.dumps(planted)}),
        sums_again({**files, "networks/sitecustomize.py": code.encode()}),
        sums_again({**files, "lusscore.py": code.encode()}),
        record_changed(files, lambda record: deep(record, ("members", 0, "head"), code)),
        record_changed(files, lambda record: deep(record, ("clip_rule",), code)),
    ]
    for number, one in enumerate(odd):
        refusal_of(lay_out(one, tmp_path / str(number)))
    assert not (tmp_path / "run").exists()


def test_files_that_nothing_needs_are_refused(files: Files, tmp_path: Path) -> None:
    for name in ("networks/other.bin", "README.md", "a/b"):
        more = sums_again({**files, name: b""})
        place = lay_out(more, tmp_path / name.replace("/", "-"))
        assert f"has a use for the file '{name}'" in refusal_of(place)
    for name in ("arrays.npz", "MODEL-CARD.md", "bundle.json", "networks/tiny.xml"):
        less = sums_again({other: data for other, data in files.items() if other != name})
        assert "; get the bundle again" in refusal_of(lay_out(less, tmp_path / f"less-{name[-8:]}"))


def test_two_backbones_of_one_name_are_refused(files: Files) -> None:
    def twice(record: dict[str, Any]) -> None:
        record["networks"].append(record["networks"][0])

    with pytest.raises(BundleError, match="twice"):
        from_files(record_changed(files, twice))


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("/srv/anna/a.onnx", "a.onnx"),
        ("C:\\Users\\anna\\a.onnx", "a.onnx"),
        ("\\\\server\\share\\a.onnx", "a.onnx"),
        ("torchvision", "torchvision"),
        ("", ""),
    ],
)
def test_of_the_place_of_a_file_its_name_is_kept(tiny: Bundle, source: str, kept: str) -> None:
    network = tiny.networks["tiny"]
    moved = replace(network, spec=replace(network.spec, source=source))
    again = from_files(to_files(replace(tiny, networks={"tiny": moved})))
    found = again.networks["tiny"]
    assert found == replace(moved, spec=replace(moved.spec, source=kept))


def test_facts_are_plain_and_name_no_place_on_this_machine(tiny: Bundle) -> None:
    facts = bundle_facts(replace(tiny, digest="0" * 64))
    text = json.dumps(facts)
    assert json.loads(text) == facts
    assert "/" not in text
    assert "\\" not in text
    assert (facts["id"], facts["name"], facts["digest"]) == (tiny.id, "tiny", "0" * 64)
    assert facts["heads"] == [{"head": "logistic", "sees": [tiny.members[0].features[0].name]}]
