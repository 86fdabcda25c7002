import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cohort_maker import Lusscore, MakeCohort
from lusscore.cohort import ExtractionSettings, FramesPolicy
from lusscore.features import read_features


def test_a_run_tells_where_the_file_is_and_a_second_one_computes_nothing(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    make_cohort(2)
    first = lusscore("features", "tiny", "-b", tiny_backbone)
    assert first.exit_code == 0
    assert "tiny: 20 frames computed" in first.output
    assert str(Path("features/tiny/tiny.h5")) in first.output
    # by its name alone from now on
    assert "tiny: nothing to compute" in lusscore("features", "tiny", "-b", "tiny").output


@pytest.mark.parametrize("by_slurm", [False, True])
def test_jobs_of_an_array_compute_parts_that_a_last_run_packs(
    lusscore: Lusscore,
    make_cohort: MakeCohort,
    tiny_backbone: Path,
    monkeypatch: pytest.MonkeyPatch,
    by_slurm: bool,
) -> None:
    make_cohort(2)
    command = ["features", "tiny", "-b", tiny_backbone]
    for part in (1, 2):
        if by_slurm:
            # an array whose numbers begin at 4 and go by 3
            for name, value in (("COUNT", 2), ("ID", 1 + 3 * part), ("MIN", 4), ("STEP", 3)):
                monkeypatch.setenv(f"SLURM_ARRAY_TASK_{name}", str(value))
            result = lusscore(*command)
        else:
            result = lusscore(*command, "--part", f"{part}/2")
        assert "tiny: 10 frames computed" in result.output
        assert f"part {part} of 2" in result.output
        assert not Path("features/tiny/tiny.h5").exists()
    monkeypatch.delenv("SLURM_ARRAY_TASK_COUNT", raising=False)
    assert "nothing to compute" in lusscore(*command).output
    assert read_features(Path("features/tiny/tiny.h5")).done.all()


def test_a_bad_clip_is_listed_and_the_exit_code_is_1(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    cohort = make_cohort(2)
    cohort.clip_path(cohort.clips()[1]).write_text("not a video")
    result = lusscore("features", "tiny", "-b", tiny_backbone)
    assert result.exit_code == 1
    assert "1 clips have no embeddings" in result.output
    assert "clips/p0_L1.mp4" in result.output
    assert "15 frames computed" in result.output


def test_a_dry_run_tells_and_computes_nothing(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    make_cohort(2)
    result = lusscore("features", "tiny", "-b", tiny_backbone, "--dry-run")
    assert result.exit_code == 0
    assert "Nothing was computed" in result.output
    assert not list(Path("features").rglob("*.h5"))
    (told,) = json.loads(
        lusscore("features", "tiny", "-b", tiny_backbone, "--dry-run", "--json").stdout
    )
    assert (told["clips"], told["frames"], told["images"]) == (4, 20, 60)
    (done,) = json.loads(lusscore("features", "tiny", "-b", tiny_backbone, "--json").stdout)
    assert (done["clips"], done["frames"], done["images"]) == (4, 20, 60)
    assert done["images_per_s"] > 0


def test_a_strict_run_ends_with_a_sentence(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    cohort = make_cohort(2)
    cohort.clip_path(cohort.clips()[1]).write_text("not a video")
    result = lusscore("features", "tiny", "-b", tiny_backbone, "--strict")
    assert result.exit_code == 2
    assert "stopped here because of --strict" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gone"], "there is no cohort"),
        (["tiny", "-b", "resnet51"], "resnet50"),
        (["tiny", "-b", "gone.onnx"], "gone.onnx"),
        (["tiny", "--engine", "cuda"], "openvino"),
        (["tiny", "--device", "TPU"], "CPU"),
        (["tiny", "--precision", "int8"], "scales have to be fitted"),
        (["tiny", "--precision", "double"], "expected f32, bf16, f16"),
        (["tiny", "--part", "3/2"], "K/N"),
        (["tiny", "--prune"], "COHORT"),
        (["--packed"], "--prune"),
        ([], "COHORT"),
    ],
)
def test_what_cannot_run_is_a_sentence_and_exit_code_2(
    lusscore: Lusscore, make_cohort: MakeCohort, arguments: list[str], told: str
) -> None:
    make_cohort(1)
    result = lusscore("features", *arguments)
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output
    assert not list(Path("features").rglob("*.h5"))


@pytest.mark.slow
def test_missing_weights_without_a_network_name_the_file_and_the_default(
    make_cohort: MakeCohort, tmp_path: Path
) -> None:
    make_cohort(1)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "KERAS_HOME": str(tmp_path / "keras"),
        # a proxy that is not there: the same as no network, whatever the machine has
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    environment.pop("LUSSCORE_WEIGHTS", None)
    done = subprocess.run(
        [sys.executable, "-m", "lusscore", "features", "tiny", "-b", "resnet50"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    for told in ("resnet50.weights.h5", "--weights-dir", "LUSSCORE_WEIGHTS", "efficientnet_lite0"):
        assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_keeps_what_was_computed_and_says_how_to_go_on(
    make_cohort: MakeCohort, tmp_path: Path, lusscore: Lusscore
) -> None:
    extraction = ExtractionSettings(frames=FramesPolicy("all"), variants=1)
    make_cohort(40, frames=8, extraction=extraction)
    command = [sys.executable, "-m", "lusscore", "features", "tiny"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if any(tmp_path.glob("features/.cache/*/*/*/*.h5")):
                break
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "To go on: lusscore features tiny" in output
    assert "Traceback" not in output
    assert not (tmp_path / "features" / "tiny" / "efficientnet_lite0.h5").exists()
    (left,) = json.loads(lusscore("features", "tiny", "--dry-run", "--json").stdout)
    assert 0 < left["kept"] < 80
    assert left["clips"] + left["kept"] == 80
