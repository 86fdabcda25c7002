"""What a run would do is told before it is done: how much, how long, how large."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backbone_maker import write_tiny_backbone
from clip_maker import moving_bar, write_video
from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy, write_cohort
from lusscore.errors import WeightsError
from lusscore.features import EngineChoice, Outcome, extract_features, forecast_features
from lusscore.features.forecast import expected_speed, remember_speed


def size_of_parts(features_dir: Path) -> int:
    return sum(path.stat().st_size for path in features_dir.glob(".cache/*/*/*/*.h5"))


def test_a_forecast_says_what_the_run_then_does(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    # many numbers to a frame, beside which HDF5's own tables are small
    wide = get_backbone(str(write_tiny_backbone(tmp_path / "wide.onnx", channels=512)))
    cohort = make_cohort(2, extraction=ExtractionSettings(FramesPolicy("all"), variants=60))
    (forecast,) = forecast_features(cohort, [wide], tmp_path)
    assert not list(tmp_path.rglob("*.h5"))
    (outcome,) = extract_features(cohort, [wide], tmp_path)
    assert (forecast.clips, forecast.frames, forecast.images) == (4, 20, 1220)
    assert (outcome.clips, outcome.frames, outcome.images) == (4, 20, 1220)
    assert forecast.path == outcome.path
    assert forecast.size == pytest.approx(outcome.path.stat().st_size, rel=0.02)
    assert forecast.parts_size == pytest.approx(size_of_parts(tmp_path), rel=0.02)
    assert forecast.fits
    (after,) = forecast_features(cohort, [wide], tmp_path)
    assert (after.clips, after.kept, after.seconds, after.parts_size) == (0, 4, 0, 0)


def test_growth_and_changed_settings_are_foreseen(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    extract_features(cohort, [spec], tmp_path)
    write_video(cohort.folder / "clips" / "new.mp4", moving_bar(4, seed=77))
    (cohort.folder / "clips" / "bad.mp4").write_text("no video")
    more = [replace(cohort.segments[0], clip=f"clips/{name}.mp4") for name in ("new", "bad")]
    grown = write_cohort(cohort.folder, cohort.card, [*cohort.segments, *more])
    (forecast,) = forecast_features(grown, [spec], tmp_path)
    assert (forecast.clips, forecast.frames, forecast.kept) == (1, 4, 4)
    assert forecast.unreadable == 1
    extraction = replace(cohort.card.extraction, seed=9)
    changed = replace(cohort, card=replace(cohort.card, extraction=extraction))
    (forecast,) = forecast_features(changed, [spec], tmp_path)
    # clean frames are those that are there
    assert (forecast.clips, forecast.frames, forecast.images, forecast.kept) == (4, 20, 40, 0)
    (change,) = forecast.changes
    assert "seed is 0, needed 9" in change


def ran(name: str, images: int, seconds: float) -> Outcome:
    return Outcome(name, Path("x.h5"), images=images, seconds=seconds)


def test_the_last_runs_speed_is_used_once_there_is_one(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    lite0 = get_backbone("efficientnet_lite0")
    choice = EngineChoice(cache=tmp_path / ".networks")
    (guess,) = forecast_features(cohort, [lite0], tmp_path, engine=choice)
    assert guess.basis == "estimate"
    assert guess.seconds is not None
    assert 0 < guess.seconds < 60
    remember_speed(choice, [(lite0, ran(lite0.name, 300, 10.0))])
    (told,) = forecast_features(cohort, [lite0], tmp_path, engine=choice)
    assert (told.seconds, told.basis) == (60 / 30, "last run")
    for path in (tmp_path / ".networks").iterdir():
        path.write_text("nonsense")
    (again,) = forecast_features(cohort, [lite0], tmp_path, engine=choice)
    assert again.basis == "estimate"


def test_backbones_that_ran_side_by_side_share_the_time_by_their_operations(
    tmp_path: Path,
) -> None:
    choice = EngineChoice(cache=tmp_path)
    specs = [get_backbone(name) for name in ("xception", "vgg16")]
    remember_speed(choice, [(spec, ran(spec.name, 100, 60.0)) for spec in specs])
    found = [expected_speed(choice, spec) for spec in specs]
    # both together take the minute that they took
    assert sum(100 / told[0] for told in found if told) == pytest.approx(60)
    assert expected_speed(choice, specs[0], workers=2) != found[0]


def test_short_runs_say_nothing_and_a_network_of_unknown_cost_has_no_forecast(
    spec: BackboneSpec, tmp_path: Path
) -> None:
    unknown = replace(spec, flops=None)
    choice = EngineChoice(cache=tmp_path)
    remember_speed(choice, [(unknown, ran("tiny", 10, 1.0))])
    assert not list(tmp_path.iterdir())
    assert expected_speed(choice, unknown) is None


def test_weights_that_are_not_here_are_not_fetched_for_a_forecast(
    make_cohort: Callable[..., Cohort], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("LUSSCORE_WEIGHTS", raising=False)
    with pytest.raises(WeightsError, match="resnet50"):
        forecast_features(make_cohort(1), [get_backbone("resnet50")], tmp_path)
