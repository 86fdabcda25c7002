"""Embeddings that card, code and weights no longer ask for are noticed, and never served."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import Result

from backbone_maker import write_tiny_backbone
from lusscore.backbones import BackboneSpec, get_backbone, register_backbone, registry
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy, write_cohort
from lusscore.features import (
    EngineChoice,
    cohort_status,
    extract_features,
    find_backbone,
    make_recipe,
    read_features,
    read_fresh,
    recipe,
)

PATIENTS = 8
EXTRACTION = ExtractionSettings(FramesPolicy("all"), variants=1)


@dataclass
class Ward:
    """A cohort with embeddings of an ONNX network that can be retrained."""

    cohort: Cohort
    onnx: Path
    root: Path
    command: Callable[..., Result]

    @property
    def folder(self) -> Path:
        return self.root / "features"

    @property
    def path(self) -> Path:
        return self.folder / "tiny" / "net.h5"

    def features(self, *options: object) -> dict[str, object]:
        result = self.command("features", "tiny", "-b", self.onnx, "--json", *options)
        assert result.exit_code == 0, result.output
        (row,) = json.loads(result.stdout)
        return dict(row)

    def state(self) -> str:
        result = self.command("status", "tiny", "--json")
        assert result.exit_code == 0, result.output
        return str(json.loads(result.stdout)[0]["state"])

    def retrain(self) -> None:
        write_tiny_backbone(self.onnx, seed=5)


@pytest.fixture
def ward(
    make_cohort: Callable[..., Cohort], tmp_path: Path, lusscore: Callable[..., Result]
) -> Ward:
    onnx = write_tiny_backbone(tmp_path / "networks.d" / "net.onnx", seed=4)
    made = Ward(make_cohort(PATIENTS, extraction=EXTRACTION), onnx, tmp_path, lusscore)
    assert made.features()["clips"] == 2 * PATIENTS
    assert made.state() == "fresh"
    return made


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "networks.d").mkdir()


def commands(ward: Ward) -> dict[str, tuple[object, ...]]:
    """The commands that read embeddings; each makes a run, a bundle or a list."""
    return {
        "cv": ("cv", "tiny", "--head", "logistic", "--folds", "2"),
        "train": ("train", "tiny", "--head", "logistic", "--folds", "2"),
        "suggest": ("suggest", "tiny"),
    }


@pytest.mark.parametrize("name", ["cv", "train", "suggest"])
def test_retrained_weights_under_the_old_name_are_refused_with_both_digests(
    ward: Ward, name: str
) -> None:
    old = read_features(ward.path).recipe["weights"]
    ward.retrain()
    assert ward.state() == "stale"
    result = ward.command(*commands(ward)[name])
    assert result.exit_code == 2
    assert old[:12] in result.output
    assert "lusscore features tiny" in result.output
    assert not list(ward.root.glob("results/tiny/*/report.html"))
    assert ward.features()["clips"] == 2 * PATIENTS
    new = read_features(ward.path).recipe["weights"]
    assert new != old
    assert new[:12] in result.output
    assert ward.state() == "fresh"


def test_weights_that_come_back_compute_nothing(ward: Ward) -> None:
    kept = ward.onnx.read_bytes()
    before = read_features(ward.path).stored.tobytes()
    ward.retrain()
    ward.features()
    assert read_features(ward.path).stored.tobytes() != before
    ward.onnx.write_bytes(kept)
    row = ward.features()
    assert (row["images"], row["packed"]) == (0, True)
    assert read_features(ward.path).stored.tobytes() == before


@pytest.mark.parametrize("name", ["cv", "train", "suggest"])
def test_complete_features_need_no_weights_and_load_no_backbone(
    ward: Ward, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.onnx.unlink()
    monkeypatch.setattr(EngineChoice, "open", lambda *given: pytest.fail("a backbone was loaded"))
    manifest = ward.cohort.folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",1,R1,0,", ",1,R1,1,"))
    result = ward.command("features", "tiny", "-b", ward.onnx, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)[0]["images"] == 0
    assert "were not found" in result.output
    assert ward.state() == "fresh"
    if name == "train":  # a bundle takes the network along
        return
    result = ward.command(*commands(ward)[name])
    assert result.exit_code == 0, result.output


def test_cv_names_the_digest_that_it_took_from_the_record(ward: Ward) -> None:
    ward.onnx.unlink()
    result = ward.command(*commands(ward)["cv"])
    assert read_features(ward.path).recipe["weights"][:12] in result.output


def test_missing_weights_are_asked_for_where_something_lacks(
    ward: Ward, make_cohort: Callable[..., Cohort]
) -> None:
    ward.onnx.unlink()
    make_cohort(PATIENTS + 1, extraction=EXTRACTION)
    before = ward.path.read_bytes()
    result = ward.command("features", "tiny", "-b", "net")
    assert result.exit_code == 2
    assert "No weights of net" in result.output
    assert ward.path.read_bytes() == before


def test_a_network_is_found_by_its_name_where_it_was_computed_from(ward: Ward) -> None:
    found = find_backbone("net", ward.folder, (ward.cohort,))
    assert found == get_backbone(str(ward.onnx))
    ward.onnx.rename(ward.onnx.with_name("moved.onnx"))
    described = find_backbone("net", ward.folder, (ward.cohort,))
    assert replace(found, source="") == described


def test_another_precision_is_another_recipe(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = get_backbone(str(ward.onnx))
    weights = read_features(ward.path).recipe["weights"]
    one, other = (
        make_recipe(spec, weights, EXTRACTION, precision) for precision in ("f32", "bf16")
    )
    assert one != other
    try:
        (outcome,) = extract_features(
            ward.cohort, [spec], ward.folder, engine=EngineChoice(precision="bf16")
        )
    except Exception as error:  # the processor decides
        pytest.skip(f"no bf16 here: {error}")
    assert outcome.clips == 2 * PATIENTS
    # neither card nor weights tell the precision: it is the record's, and is named
    _, notes = read_fresh(ward.cohort, spec, ward.folder)
    assert any("bf16" in note for note in notes)
    row = ward.features()
    assert (row["images"], row["packed"]) == (0, True)
    assert read_fresh(ward.cohort, spec, ward.folder)[1] == ()


@pytest.mark.parametrize("version", ["EXTRACTION_VERSION", "SECTOR_VERSION"])
def test_another_version_of_extraction_or_sector_is_noticed(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(recipe, version, getattr(recipe, version) + 1)
    assert ward.state() == "stale"
    for command in commands(ward).values():
        assert ward.command(*command).exit_code == 2
    assert ward.features()["clips"] == 2 * PATIENTS
    assert ward.state() == "fresh"


@pytest.mark.parametrize(
    "changes", [{"variants": 2}, {"seed": 3}, {"frames": FramesPolicy("per-clip", 2)}], ids=str
)
def test_another_card_is_noticed(ward: Ward, changes: dict[str, object]) -> None:
    card = replace(ward.cohort.card, extraction=replace(EXTRACTION, **changes))
    write_cohort(ward.cohort.folder, card, ward.cohort.segments)
    assert ward.state() == "stale"
    for command in commands(ward).values():
        assert ward.command(*command).exit_code == 2


@pytest.mark.slow
def test_another_source_of_a_plug_in_is_noticed(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    source = tmp_path / "plugin.py"
    text = """
def build(spec):
    from lusscore.backbones.libraries import import_keras
    keras = import_keras()
    inputs = keras.Input((*spec.input_size, 3))
    x = keras.layers.Conv2D(6, 3, 4, activation="{}")(inputs)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
"""
    spec = BackboneSpec(
        name="plugged", input_size=(32, 32), preprocessing="tf", embedding_size=6, parameters=1,
        flops=1, family="registered",
    )  # fmt: skip
    cohort = make_cohort(1, extraction=EXTRACTION)

    def register(activation: str) -> None:
        if "plugged" in registry._BACKBONES:
            del registry._BACKBONES["plugged"]
        source.write_text(text.format(activation))
        names: dict[str, object] = {}
        exec(compile(source.read_text(), str(source), "exec"), names)
        register_backbone(spec)(names["build"])  # type: ignore[arg-type]

    try:
        register("relu")
        built = registry.builder_of(spec)(spec)
        built.save_weights(tmp_path / "plugged.weights.h5")
        options = {"weights_dir": tmp_path}
        (outcome,) = extract_features(cohort, [spec], tmp_path / "f", **options)
        first = read_features(outcome.path).stored.tobytes()
        register("tanh")
        (status,) = cohort_status(cohort, tmp_path / "f", ["plugged"], **options)
        assert (status.state, "source" in status.why[0]) == ("stale", True)
        (outcome,) = extract_features(cohort, [spec], tmp_path / "f", **options)
        assert outcome.clips == 2
        assert read_features(outcome.path).stored.tobytes() != first
    finally:
        del registry._BACKBONES["plugged"]
