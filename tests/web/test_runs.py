import json
from pathlib import Path

import pytest

from lusscore.evaluation import evaluate_run
from lusscore.web.guards import REPORT_POLICY
from lusscore.web.runs import Runs
from run_maker import Recipe, make_run
from web.page_server import ServePage, small


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study") / "results"
    run = make_run(folder / "phantom" / "first", Recipe(patients=6, frames=(2, 3)))
    evaluate_run(run, resamples=100)
    (run / "report.html").write_text("<!doctype html><title>A report</title>")
    (folder / "phantom" / "half").mkdir()
    (folder / "phantom" / "half" / "config.toml").write_text("[run]\n")
    (folder / "bundles" / "a").mkdir(parents=True)
    for place in (folder.parent / "elsewhere", folder / "bundles" / "a", folder / "phantom"):
        place.mkdir(exist_ok=True)
        (place / "report.html").write_text("secret")
    return folder


def test_runs_are_listed_with_what_came_out(results: Path) -> None:
    runs = {run["id"]: run for run in Runs(results).overview()}
    assert set(runs) == {"phantom/first", "phantom/half"}
    run = runs["phantom/first"]
    assert (run["cohort"], run["name"], run["protocol"]) == ("phantom", "first", "lus-12")
    assert run["scheme"] == "3 folds by patient"
    assert run["patients"] == 6
    assert run["level"] == "clip"
    assert run["has_report"]
    metrics = json.loads((results / "phantom" / "first" / "metrics.json").read_text())
    for model in run["models"]:
        entry = metrics["levels"]["clip"][model["name"]]
        value, low, high = model["metrics"]["kappa"]
        assert value == entry["pooled"]["quadratic_kappa"]
        assert [low, high] == entry["interval"]["quadratic_kappa"]
        assert set(model["metrics"]) == {"kappa", "macro_f1", "accuracy", "roc_auc"}
    assert [model["name"] for model in run["models"] if model["baseline"]] == ["baseline/majority"]


def test_only_runs_with_the_same_held_out_clips_can_be_compared(tmp_path: Path) -> None:
    recipes = {
        "ward/a": Recipe(patients=6, frames=(2, 3)),
        "ward/b": Recipe(patients=6, frames=(2, 3), skill=(("xception", 1.0), ("vgg16", 2.0))),
        "ward/few": Recipe(patients=6, frames=(2, 3), missing=0.5, repeats=2),
        "other/a": Recipe(patients=6, frames=(2, 3)),
    }
    for name, recipe in recipes.items():
        evaluate_run(make_run(tmp_path / name, recipe), resamples=100)
    runs = {run["id"]: run for run in Runs(tmp_path).overview()}
    alike = {name: run["comparable"] for name, run in runs.items()}
    assert alike["ward/a"] == alike["ward/b"]
    assert len(set(alike.values())) == 3
    assert all(run["held_out"] == run["clips"] for run in runs.values())
    config = tmp_path / "ward" / "b" / "config.toml"
    config.write_text(config.read_text().replace("9f2b6d0e", "00000000"))
    changed = {run["id"]: run["comparable"] for run in Runs(tmp_path).overview()}
    assert changed["ward/b"] != changed["ward/a"]


def test_a_run_that_is_not_finished_or_damaged_is_listed_as_such(results: Path) -> None:
    runs = {run["id"]: run for run in Runs(results).overview()}
    assert "not finished" in runs["phantom/half"]["problem"]
    assert runs["phantom/half"]["models"] == []


@pytest.mark.parametrize("content", ["", "[]", "null", '{"schema": 1}', '{"schema": 3}', "{"])
def test_no_file_of_a_run_stops_the_list(results: Path, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "c" / "r"
    folder.mkdir(parents=True)
    config = (results / "phantom" / "first" / "config.toml").read_text()
    (folder / "config.toml").write_text(config)
    (folder / "metrics.json").write_text(content)
    (run,) = Runs(tmp_path).overview()
    assert run["problem"]
    assert str(tmp_path) not in run["problem"]


def test_a_runs_report_is_shown_in_an_origin_of_its_own(
    serve_page: ServePage, results: Path
) -> None:
    page = serve_page(small(), results_dir=results)
    answer = page.ask("GET", "/runs/phantom/first/report.html")
    assert b"A report" in answer.body
    assert answer.headers["content-security-policy"] == REPORT_POLICY
    assert len(page.ask("GET", "/api/runs").json) == 2
    for wrong in (
        "/runs/phantom/half/report.html",
        "/runs/../elsewhere/report.html",
        "/runs/%2e%2e/elsewhere/report.html",
        "/runs/phantom/./report.html",
        "/runs/phantom/%2e/report.html",
        "/runs/phantom/..%2f../elsewhere/report.html",
        "/runs/phantom/first/metrics.json",
        "/runs/bundles/a/report.html",
    ):
        assert page.ask("GET", wrong).status == 404, wrong
