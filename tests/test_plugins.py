"""Plug-ins: every example of docs/extending.md, through real commands; files, errors, workers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tomlkit
from click.testing import Result

import lusscore as ls
from cohort_maker import run_command
from ground import Ground, make_ground
from lusscore.errors import HeadError, PluginError
from lusscore.registry import Registry, load_plugins, unload_plugins, with_plugins

PAGE = (Path(__file__).parents[1] / "docs" / "extending.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    root = make_ground(tmp_path_factory.mktemp("ground"), 8, name="ours").root
    for name, code in EXAMPLES.items():
        (root / name).write_text(code, encoding="utf-8")
    return Ground(root, "ours")


@pytest.fixture
def run(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in the ground's folder."""
    monkeypatch.chdir(ground.root)
    for variable in ("LUSSCORE_PLUGINS", "LUSSCORE_WEIGHTS"):
        monkeypatch.delenv(variable, raising=False)

    return run_command


def config(ground: Ground, run: str) -> dict[str, dict[str, str]]:
    path = ground.results / "ours" / run / "config.toml"
    return tomlkit.parse(path.read_text("utf-8")).unwrap()


def test_the_page_has_an_example_of_each_kind() -> None:
    kinds = {"backbone", "head", "importer", "rule", "check"}
    assert {kind for kind in kinds if f"@ls.register_{kind}(" in PAGE} == kinds
    assert len(EXAMPLES) == 6


def test_a_classifier_of_scikit_learn_is_a_head(run: Callable[..., Result], ground: Ground) -> None:
    asked = ("cv", "ours", "--plugin", "forest.py", "--head", "forest", "--run", "forest")
    assert run(*asked).exit_code == 0
    assert "forest" in run("cv", "--plugin", "forest.py", "--help").output
    assert config(ground, "forest")["head"]["n_estimators"] == 50
    first = (ground.results / "ours/forest/predictions.csv").read_bytes()
    assert "up to date" in run(*asked).output
    # the same seed gives the same forest, in processes of their own too
    assert run(*asked[:-1], "again", "--jobs", 2, "--set", "n_estimators=50").exit_code == 0
    assert (ground.results / "ours/again/predictions.csv").read_bytes() == first


def test_an_edit_of_a_plug_in_makes_its_runs_anew(
    run: Callable[..., Result], ground: Ground
) -> None:
    mine = ground.root / "edited.py"
    mine.write_text(EXAMPLES["forest.py"].replace('"forest"', '"edited"'))
    asked = ("cv", "ours", "--plugin", mine, "--head", "edited", "--run", "edited")
    assert run(*asked).exit_code == 0
    before = config(ground, "edited")["inputs"]["plug-in edited.py"]
    assert re.fullmatch(r"[0-9a-f]{64}", before)
    mine.write_text(mine.read_text().replace("n_estimators=50", "n_estimators=50  "))
    told = run(*asked)
    assert "plug-in edited.py has changed" in told.output
    assert config(ground, "edited")["inputs"]["plug-in edited.py"] != before


def test_what_a_bundle_needs_beyond_is_said_when_it_is_missed(
    run: Callable[..., Result], ground: Ground
) -> None:
    assert (
        run(
            "cv", "ours", "--plugin", "forest.py", "--head", "forest", "--run", "for-bundle"
        ).exit_code
        == 0
    )
    refused = run("train", "ours", "--plugin", "forest.py", "--from-run", "for-bundle")
    assert refused.exit_code == 2
    assert "lacks get_learned and set_learned" in refused.output


@pytest.mark.slow
def test_a_head_that_can_be_kept_scores_as_it_did(
    run: Callable[..., Result], ground: Ground
) -> None:
    named = ("--plugin", "nearest.py")
    trained = run("train", "ours", *named, "--head", "nearest", "--folds", 2, "--name", "near")
    assert trained.exit_code == 0, trained.output
    scored = run("score", "data/ours/clips", *named, "--model", "near", "--json")
    assert scored.exit_code == 0, scored.output
    assert json.loads(scored.stdout)["global_score"]["zones_scored"] == 2
    # without the plug-in nobody knows how to read it
    code = "import lusscore as ls; ls.load_model('near')"
    alone = subprocess.run(
        [sys.executable, "-c", code], cwd=ground.root, capture_output=True, text=True, check=False
    )
    assert "BundleError" in alone.stderr
    assert "nearest" in alone.stderr


@pytest.mark.slow
def test_a_backbone_is_computed_here_and_on_workers(
    run: Callable[..., Result], ground: Ground
) -> None:
    (ground.root / "weights").mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "network.py", "weights/small_net.weights.h5"],
        cwd=ground.root, check=True, capture_output=True,
    )  # fmt: skip
    asked = ("features", "ours", "--plugin", "network.py", "-b", "small_net",
             "--weights-dir", "weights", "--features-dir", "apart")  # fmt: skip
    assert run(*asked, "--workers", 2).exit_code == 0
    assert "nothing to compute" in run(*asked).output
    load_plugins([Path("network.py")])
    try:
        (features,) = ls.read_features(
            ground.cohort, "small_net", features_dir="apart", weights_dir="weights"
        )
        assert features.embeddings.shape[2] == 16
    finally:
        unload_plugins([Path("network.py")])
    path = ground.root / "network.py"
    path.write_text(path.read_text("utf-8") + "\n# another source\n", encoding="utf-8")
    told = run("status", "ours", "--plugin", "network.py", "-b", "small_net",
               "--weights-dir", "weights", "--features-dir", "apart", "--json")  # fmt: skip
    (status,) = json.loads(told.stdout)
    assert status["state"] == "stale"
    assert any("source" in why for why in status["why"])


def test_an_importer_brings_a_cohort_in(run: Callable[..., Result], ground: Ground) -> None:
    clips = sorted((ground.root / "data/ours/clips").iterdir())[:2]
    lines = [f"p{number} R{number + 1} 2 data/ours/clips/{clip.name}\n"
             for number, clip in enumerate(clips)]  # fmt: skip
    (ground.root / "list.txt").write_text("".join(lines))
    asked = ("import", "listing", "list.txt", "--plugin", "listing.py", "--protocol", "blue-6")
    assert run(*asked).exit_code == 0
    assert [segment.score for segment in ls.read_cohort("list").segments] == [2, 2]
    (ground.root / "list.txt").write_text("p1 R1 2 nowhere.mp4\n")
    refused = run(*asked, "--overwrite")
    assert refused.exit_code == 2
    assert "line 1: there is no such clip." in refused.output


def test_a_rule_scores_clips(run: Callable[..., Result], ground: Ground) -> None:
    asked = ("cv", "ours", "--plugin", "second.py", "--head", "logistic", "--clip-rule", "median")
    assert run(*asked, "--run", "by-median").exit_code == 0
    found = config(ground, "by-median")
    assert found["evaluation"]["clip_rule"] == "median"
    assert "plug-in second.py" in found["inputs"]


def test_a_check_finds_what_it_looks_for(run: Callable[..., Result]) -> None:
    assert "few-patients" in run("check", "ours", "--plugin", "few.py", "--json").stdout


def test_the_environment_names_plug_ins_too(ground: Ground) -> None:
    files = os.pathsep.join(["forest.py", "few.py"])
    told = subprocess.run(
        [sys.executable, "-m", "lusscore", "cv", "--help"],
        cwd=ground.root, env={**os.environ, "LUSSCORE_PLUGINS": files},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "A random forest on the clean frames." in " ".join(told.stdout.split())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "the plug-in cannot be read (No such file or directory)"),
        ("1 / 0\n", "the plug-in cannot be run (ZeroDivisionError: division by zero)"),
        ("def f(:\n", "the plug-in cannot be run (SyntaxError"),
        ("import nosuchmodule\n", "No module named 'nosuchmodule'"),
        (
            EXAMPLES["forest.py"].replace('"forest"', '"softmax"'),
            "'softmax' is registered twice, by lusscore (SoftmaxHead) and by bad.py (Forest)",
        ),
        (
            "import lusscore as ls\n@ls.register_head('h')\nclass H:\n    fit = print\n",
            "The head h has no predict_proba; it needs both.",
        ),
    ],
)
def test_what_cannot_be_loaded_is_a_sentence(
    run: Callable[..., Result], ground: Ground, content: str | None, told: str
) -> None:
    bad = ground.root / "bad.py"
    bad.unlink(missing_ok=True)
    if content is not None:
        bad.write_text(content)
    result = run("cv", "ours", "--plugin", bad, "--run", "never")
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert "LUSSCORE_PLUGINS" not in os.environ
    assert not (ground.results / "ours" / "never").exists()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return [[0.5, 0.5]]", "gives shape (1, 2); expected"),
        ("return [[2.0] * len(self.classes_)] * len(X)", "rows that are no probabilities"),
    ],
)
def test_probabilities_that_are_none_are_refused(
    run: Callable[..., Result], ground: Ground, body: str, told: str
) -> None:
    wrong = ground.root / "wrong.py"
    wrong.write_text(
        "import lusscore as ls, numpy as np\n@ls.register_head('wrong')\nclass Wrong:\n"
        "    def fit(self, X, y):\n        self.classes_ = np.unique(y)\n"
        f"    def predict_proba(self, X):\n        {body}\n"
    )
    result = run("cv", "ours", "--plugin", wrong, "--head", "wrong", "--run", "wrong")
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


def test_a_head_that_asks_for_patients_gets_them(
    run: Callable[..., Result], ground: Ground
) -> None:
    asks = ground.root / "asks.py"
    asks.write_text(
        "import lusscore as ls, numpy as np\n@ls.register_head('asks')\nclass Asks:\n"
        "    def fit(self, X, y, groups):\n"
        "        assert len(groups) == len(X) and X.ndim == 2 and X.dtype == np.float32\n"
        "        assert len(np.unique(groups)) == 4\n"
        "        self.classes_ = np.unique(y)\n"
        "    def predict_proba(self, X, clips):\n"
        "        assert len(clips) == len(X)\n"
        "        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))\n"
    )
    asked = ("cv", "ours", "--plugin", asks, "--head", "asks", "--folds", 2)
    assert run(*asked).exit_code == 0


@pytest.fixture
def registry() -> Registry[object]:
    return Registry("head", HeadError)


def test_what_is_defined_anew_takes_its_own_place(registry: Registry[object]) -> None:
    """As in a notebook, whose cells run again."""

    def made(name: str) -> type:
        return type(name, (), {"__qualname__": name, "__module__": "__main__"})

    first, again, other = made("Mine"), made("Mine"), made("Other")
    registry.register("mine", first)
    registry.register("mine", again)
    assert registry["mine"] is again
    with pytest.raises(
        HeadError, match=r"'mine' is registered twice, by .* \(Mine\) and by .* \(Other\)"
    ):
        registry.register("mine", other)


def test_an_unknown_name_gives_the_nearest(registry: Registry[object]) -> None:
    registry.register("softmax", ls.Run)
    with pytest.raises(HeadError, match="Unknown head 'sofmax'; did you mean softmax"):
        _ = registry["sofmax"]


def test_a_worker_with_another_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "here.py"
    file.write_text("VALUE = 1\n")
    loaded = load_plugins([file])
    assert with_plugins(max, loaded, 1, 2) == 2
    file.write_text("VALUE = 2\n")
    with pytest.raises(PluginError, match="a worker has another version of the plug-in"):
        with_plugins(max, loaded, 1, 2)
    unload_plugins([file])


def test_what_a_command_loaded_is_gone_when_it_ends(
    run: Callable[..., Result], ground: Ground
) -> None:
    assert run("cv", "--plugin", "forest.py", "--help").exit_code == 0
    refused = run("cv", "ours", "--head", "forest")
    assert refused.exit_code == 2
    assert "Unknown head 'forest'" in refused.output
