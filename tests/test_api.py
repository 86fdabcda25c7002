"""The public API as a notebook uses it: the lines of the README, on real clips."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lusscore as ls
from ground import Ground, make_ground
from lusscore.cohort import read_cohort, write_cohort
from lusscore.errors import BundleError, CohortError, FeatureFileError, RunError
from lusscore.evaluation import EMBEDDING, Experiment, HeadChoice
from lusscore.heads import RECOMMENDED_LAYERS

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return make_ground(tmp_path_factory.mktemp("ground"))


@pytest.fixture
def there(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """The ground, with its folders being the working directory's."""
    monkeypatch.chdir(ground.root)
    for kind in ("DATA", "FEATURES", "RESULTS", "WEIGHTS"):
        monkeypatch.delenv(f"LUSSCORE_{kind}", raising=False)
    return ground


def test_importing_loads_no_library_and_every_name_is_there() -> None:
    code = (
        "import sys, lusscore as ls\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(loaded & {'numpy', 'tensorflow', 'pandas', 'h5py', 'click', 'openvino'})\n"
        "print([name for name in ls.__all__ if not getattr(ls, name).__doc__])\n"
        "print(set(ls.__all__) - set(dir(ls)), 'tensorflow' in sys.modules)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == ["set()", "[]", "set() False"]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'read_cohorts'"):
        _ = ls.read_cohorts  # type: ignore[attr-defined]


def test_from_clips_to_a_scored_exam(there: Ground) -> None:
    cohort = ls.read_cohort("bright")
    features = ls.extract_features(cohort, "tiny.onnx", progress=False)
    X, frames = features.embeddings, features.frames
    assert X.shape == (len(frames), 2, 8)
    run = ls.cross_validate(features, heads={"logistic": {"C": 0.5}}, folds=3, progress=False)
    assert run.metrics["models"] == ["tiny/logistic"]
    assert run.config.head.settings["C"] == 0.5
    assert run.config.run.command == "lusscore.cross_validate, in Python"
    assert set(run.predictions["model"]) == {"tiny/logistic", "baseline/majority"}
    assert run.figure("roc").axes
    assert run.write_report() == run.report
    assert run.report.is_file()
    model = ls.train(run, progress=False)
    assert re.search(r"accuracy \d\.\d{3} \[", model.verdict)
    assert model.path == Path("results/bundles/bright")
    with ls.load_model(model.path) as loaded:
        exam = loaded.score("data/bright/clips", progress=False)
    assert {zone.zone for zone in exam.zones} == {"R1", "L1"}
    assert exam.global_score == sum(zone.score for zone in exam.zones)
    assert exam.bounds[0] == exam.global_score
    assert exam.to_dict()["global_score"]["sum"] == exam.global_score
    report = exam.write_report()
    assert {path.name for path in report.parent.iterdir()} == {
        "report.html", "exam.json", "clips.csv", "zones.csv",
    }  # fmt: skip


@pytest.mark.slow
def test_the_lines_of_the_readme_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the network: weights of Xception are fetched, and those here are small."""
    ward = make_ground(tmp_path, name="ward-7")
    (tmp_path / "exams/2026-03-14").mkdir(parents=True)
    for clip in sorted((ward.root / "data/ward-7/clips").iterdir())[:2]:
        (tmp_path / "exams/2026-03-14" / clip.name).write_bytes(clip.read_bytes())
    (lines,) = re.findall(r"```python\n(import lusscore.*?)```", README.read_text("utf-8"), re.S)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(lines.replace('"xception"', '"tiny.onnx"'), names)
    assert len(names["X"]) == len(names["frames"])
    assert names["run"].report.is_file()
    assert len(names["exam"].zones) == 2
    assert names["exam"].write_report().is_file()


def test_frames_tell_what_is_known_of_every_row(there: Ground) -> None:
    (features,) = ls.read_features(there.cohort)
    frames = features.frames
    assert list(frames.columns) == [
        "clip", "frame", "time", "patient", "exam", "zone", "group", "device", "score",
    ]  # fmt: skip
    manifest = {segment.clip: segment for segment in there.cohort.segments}
    for row in frames.itertuples():
        segment = manifest[row.clip]
        assert (row.patient, row.zone, row.score) == (segment.patient, segment.zone, segment.score)


def test_frames_outside_labelled_segments_have_no_score(there: Ground, tmp_path: Path) -> None:
    cohort, (features,) = there.cohort, ls.read_features(there.cohort)
    first, second, *others = cohort.segments
    segments = (
        replace(first, score=1, frame_start=0, frame_end=1),
        replace(first, score=2, frame_start=2, frame_end=None),
        replace(second, score=None),
        *others,
    )
    changed = replace(features, cohort=replace(cohort, segments=segments))
    frames = changed.frames
    own = frames[frames["clip"] == first.clip]
    assert own["score"].tolist() == [1, pd.NA, 2, 2]
    assert frames.loc[frames["clip"] == second.clip, "score"].isna().all()
    assert frames.loc[frames["clip"] == second.clip, "patient"].eq(second.patient).all()


def test_folds_of_a_run_are_a_column_and_never_divide_a_patient(there: Ground) -> None:
    (features,) = ls.read_features(there.cohort)
    run = ls.cross_validate(features, "logistic", folds=4, progress=False)
    frames = features.with_folds(run.folder / "folds.csv").frames
    assert set(frames["fold"]) == {1, 2, 3, 4}
    assert frames.groupby("patient")["fold"].nunique().eq(1).all()
    tested = run.predictions.query("model == 'baseline/majority'").set_index(["clip", "frame"])[
        "fold"
    ]
    assert tested.sort_index().equals(
        frames.set_index(["clip", "frame"])["fold"].astype(tested.dtype).sort_index()
    )


def test_the_same_asked_again_makes_nothing(
    there: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    features = ls.read_features(there.cohort)
    first = ls.cross_validate(features, "logistic", folds=2)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    capsys.readouterr()
    again = ls.cross_validate(features, "logistic", folds=2)
    assert (first.made, again.made) == (True, False)
    assert "is up to date" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before
    assert (again.folder, again.notes, again.skipped) == (first.folder, first.notes, 0)


def test_new_inputs_make_a_run_anew_and_what_changed_is_said(
    there: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = there.cohort
    first = ls.cross_validate(ls.read_features(cohort), "logistic", folds=2, name="asked")
    before = first.predictions
    score = (cohort.segments[0].score or 0) ^ 1
    changed = (replace(cohort.segments[0], score=score), *cohort.segments[1:])
    try:
        write_cohort(cohort.folder, cohort.card, changed)
        capsys.readouterr()
        features = ls.read_features(read_cohort(cohort.folder))
        again = ls.cross_validate(features, "logistic", folds=2, name="asked")
        told = capsys.readouterr().err
        assert again.made
        assert "made anew, since manifest.csv of bright has changed." in told
        assert "embeddings" not in told
        assert not again.predictions.equals(before)
    finally:
        write_cohort(cohort.folder, cohort.card, cohort.segments)


@pytest.mark.slow
def test_other_settings_under_a_name_are_refused_and_the_run_stays(there: Ground) -> None:
    features = ls.read_features(there.cohort)
    run = ls.cross_validate(features, "logistic", folds=2, name="taken", progress=False)
    before = (run.folder / "metrics.json").read_bytes()
    with pytest.raises(RunError, match=r"--run \(make: RUN=\), or replace it by --overwrite"):
        ls.cross_validate(features, "logistic", folds=3, name="taken", progress=False)
    assert (run.folder / "metrics.json").read_bytes() == before
    other = ls.cross_validate(
        features, "logistic", folds=3, name="taken", overwrite=True, progress=False
    )
    assert other.config.cross_validation.folds == 3


def test_what_cannot_be_is_a_sentence(there: Ground, tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="there is no cohort"):
        ls.read_cohort("nowhere")
    with pytest.raises(FeatureFileError, match="features of one cohort"):
        ls.cross_validate([])
    run = ls.cross_validate(ls.read_features(there.cohort), "logistic", folds=2, progress=False)
    with pytest.raises(RunError, match=r"no figure 'rocs'; expected one of intervals"):
        run.figure("rocs")
    with pytest.raises(RunError, match="give features="):
        ls.train(ls.read_run(run.folder), progress=False)
    with pytest.raises(RunError):
        ls.read_run(tmp_path)
    with pytest.raises(BundleError, match="'up/here' is not allowed"):
        ls.train(run, name="up/here", progress=False)
    with pytest.raises(BundleError, match="'nothing': no bundle"):
        ls.load_model("nothing")


def test_a_folder_of_clips_becomes_a_cohort(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: Ground
) -> None:
    recordings = tmp_path / "recordings"
    for score in range(2):
        clips = recordings / f"patient-{score}" / f"score-{score}"
        clips.mkdir(parents=True)
        clip = sorted((there.root / "data/bright/clips").iterdir())[score]
        (clips / f"R{score + 1}.mp4").write_bytes(clip.read_bytes())
    cohort = ls.import_cohort(
        "folders", recordings, name="ward", protocol="blue-6", rubric="soldati-2020",
        data_dir=tmp_path / "data",
    )  # fmt: skip
    assert (cohort.name, len(cohort.clips())) == ("ward", 2)
    assert ls.read_cohort(cohort.folder).segments == cohort.segments
    with pytest.raises(CohortError, match="it holds a cohort; choose another --name"):
        ls.import_cohort("folders", recordings, name="ward", data_dir=tmp_path / "data")


def test_several_backbones_are_several_features(there: Ground, tmp_path: Path) -> None:
    found = ls.extract_features(there.cohort, ["tiny.onnx"], progress=False)
    assert [one.backbone for one in found] == ["tiny"]
    assert np.array_equal(found[0].embeddings, ls.read_features(there.cohort)[0].embeddings)


def test_by_default_the_papers_head_and_the_recommended_one_are_trained(there: Ground) -> None:
    features = ls.read_features(ls.read_cohort("bright"), "tiny.onnx")
    run = ls.cross_validate(features, folds=2, name="default", progress=False)
    assert run.metrics["models"] == ["tiny/softmax", "tiny/recommended"]
    assert [head.settings["C"] for head in run.config.more_heads] == [0.003]
    assert any("recommended head was trained on embeddings alone" in note for note in run.notes)
    text = run.report.read_text("utf-8")
    assert "steps per fold here, against about 1,480" in text
    assert "selection and not test" in text
    # of a run that chose nothing, it is what becomes a model
    with ls.train(run, name="default", progress=False) as model:
        assert model.chosen == "tiny/recommended"
        assert model.score("data/bright/clips", progress=False).global_score is not None


@pytest.mark.parametrize(
    ("kept", "asked", "expected"),
    [
        (RECOMMENDED_LAYERS, ((EMBEDDING,),), (RECOMMENDED_LAYERS,)),
        (RECOMMENDED_LAYERS[:3], ((EMBEDDING,),), ()),
        ((), ((EMBEDDING,),), ()),
        (RECOMMENDED_LAYERS, (("16.mean",),), ()),
    ],
)
def test_the_recommended_head_sees_layers_that_the_card_keeps(
    there: Ground, kept: tuple[str, ...], asked: tuple[tuple[str, ...], ...], expected: object
) -> None:
    cohort = ls.read_cohort("bright")
    extraction = replace(cohort.card.extraction, levels=kept)
    cohort = replace(cohort, card=replace(cohort.card, extraction=extraction))
    heads = (HeadChoice("softmax"), HeadChoice("recommended"))
    experiment = Experiment(cohort, tuple(there.specs.values()), heads, levels=asked)
    paper, recommended = experiment.complete_heads()
    assert paper.levels == ()
    assert recommended.levels == expected
    assert bool(experiment.notes()) == (not expected and asked == ((EMBEDDING,),))


def test_a_run_of_an_earlier_layout_is_made_anew(
    there: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    features = ls.read_features(ls.read_cohort("bright"), "tiny.onnx")
    run = ls.cross_validate(features, heads="logistic", folds=2, name="layout", progress=False)
    metrics, config = run.folder / "metrics.json", run.folder / "config.toml"
    text = metrics.read_text("utf-8")
    metrics.write_text(text.replace('"schema": 4', '"schema": 3', 1), "utf-8")
    lines = config.read_text("utf-8").splitlines(keepends=True)
    config.write_text("".join(one for one in lines if "layout of metrics" not in one), "utf-8")
    again = ls.cross_validate(features, heads="logistic", folds=2, name="layout")
    assert again.made
    assert "layout of metrics.json is new" in capsys.readouterr().err
    assert metrics.read_text("utf-8") == text
