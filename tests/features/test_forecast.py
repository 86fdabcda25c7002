import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clip_maker import moving_bar, write_video
from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Cohort, write_cohort
from lusscore.errors import WeightsError
from lusscore.features import EngineChoice, extract_features, forecast_features


@pytest.fixture
def spec(tiny_backbone: Path) -> BackboneSpec:
    return get_backbone(str(tiny_backbone))


def test_a_forecast_says_what_the_run_then_does(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    (forecast,) = forecast_features(cohort, [spec], tmp_path)
    assert not forecast.path.exists()
    (outcome,) = extract_features(cohort, [spec], tmp_path)
    assert (forecast.clips, forecast.frames, forecast.images) == (
        outcome.clips,
        outcome.frames,
        outcome.images,
    )
    assert forecast.size == pytest.approx(outcome.path.stat().st_size, abs=12_000)
    assert forecast.fits
    (after,) = forecast_features(cohort, [spec], tmp_path)
    assert (after.clips, after.kept, after.seconds) == (0, 4, 0)


def test_growth_and_changed_settings_are_foreseen(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    extract_features(cohort, [spec], tmp_path)
    write_video(cohort.folder / "clips" / "new.mp4", moving_bar(4, seed=77))
    (cohort.folder / "clips" / "bad.mp4").write_text("no video")
    more = [replace(cohort.spans[0], clip=f"clips/{name}.mp4") for name in ("new", "bad")]
    grown = write_cohort(cohort.folder, cohort.card, [*cohort.spans, *more])
    (forecast,) = forecast_features(grown, [spec], tmp_path)
    assert (forecast.clips, forecast.frames, forecast.kept) == (1, 4, 4)
    assert forecast.unreadable == 1
    extraction = replace(cohort.card.extraction, seed=9)
    changed = replace(cohort, card=replace(cohort.card, extraction=extraction))
    (forecast,) = forecast_features(changed, [spec], tmp_path)
    assert (forecast.clips, forecast.kept) == (4, 0)
    assert forecast.changes == ("augmentation seed is 0, needed 9",)


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
    choice.cache.mkdir()  # type: ignore[union-attr]
    known = {"efficientnet_lite0 openvino default f32 None 1": 30.0}
    (tmp_path / ".networks" / "speed.json").write_text(json.dumps(known))
    (told,) = forecast_features(cohort, [lite0], tmp_path, engine=choice)
    assert (told.seconds, told.basis) == (60 / 30, "last run")
    (tmp_path / ".networks" / "speed.json").write_text("nonsense")
    (again,) = forecast_features(cohort, [lite0], tmp_path, engine=choice)
    assert again.basis == "estimate"


def test_weights_that_are_not_here_are_not_fetched_for_a_forecast(
    make_cohort: Callable[..., Cohort], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("LUSSCORE_WEIGHTS", raising=False)
    with pytest.raises(WeightsError, match="resnet50"):
        forecast_features(make_cohort(1), [get_backbone("resnet50")], tmp_path)
