"""What each command answers to good and bad input: 0, 1, 2 or 130, and never a traceback."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
from click.testing import Result

from clip_maker import moving_bar, write_video
from cohort_maker import run_command
from ground import make_ground

# In the folder that `world` makes. `tiny` is a whole cohort with a run, of which exam/ has some
# clips, and a bundle; `holes` is like it, but a clip of it cannot be read, and of exam-holes
# neither; of `blank` nothing was computed; `stale` has other settings since; `spoilt` has a
# feature file in which a bit flipped; `broken` has a card that is none; ward/ has labelled folders.
TABLE = """
0  phantom --patients 1 --frames 2 --size 96 --jobs 1
2  phantom --patients 0
2  phantom --levels 16.left
2  phantom --size 1
2  phantom --nonsense

0  import folders ward --protocol blue-6
0  import csv labels.csv --media ward --column clip=Name --column patient=Who --column score=Grade
2  import csv labels.csv --media ward --column nonsense=Name
2  import folders gone
2  import folders empty
2  import nonsense ward
2  import folders ward --protocol blue-7

0  check tiny
0  check tiny --quick --json
1  check tiny --strict
2  check broken
2  check gone
2  check tiny --nonsense

0  features tiny -b tiny.onnx
0  features blank -b tiny.onnx
0  features blank -b tiny.onnx --dry-run --json
1  features holes -b tiny.onnx
2  features holes -b tiny.onnx --strict
2  features gone
2  features broken
2  features tiny -b resnet51
2  features tiny -b gone.onnx
2  features blank -b tiny.onnx --engine nonsense
2  features blank -b tiny.onnx --precision double

0  cv tiny -b tiny.onnx --head logistic --no-open
0  cv --train tiny --test there -b tiny.onnx --head logistic --no-open
1  cv holes -b tiny.onnx --head logistic --no-open
2  cv blank -b tiny.onnx
2  cv stale -b tiny.onnx
2  cv gone
2  cv
2  cv tiny -b vgg16
2  cv tiny -b tiny.onnx --folds 99
2  cv tiny -b tiny.onnx --head nonsense
2  cv tiny -b tiny.onnx --set nonsense=1
2  cv tiny -b tiny.onnx --levels 16.mean
2  cv tiny -b tiny.onnx --run two/names
2  cv tiny -b tiny.onnx --folds-file gone.csv
2  cv --train tiny --test tiny -b tiny.onnx

0  report results/tiny/first --no-open
2  report empty
2  report gone
2  report results/tiny/first --nonsense

0  train tiny --from-run first -b tiny.onnx --name second --json
1  train holes --head logistic -b tiny.onnx --folds 2
2  train tiny --from-run gone -b tiny.onnx
2  train tiny --from-run first --coverage 0
2  train tiny --from-run first -b tiny.onnx --head logistic
2  train stale -b tiny.onnx
2  train blank -b tiny.onnx
2  train gone

0  score exam --model tiny --no-open
0  score exam/R1.mp4 --model results/bundles/tiny --json
1  score exam-holes --model tiny --no-open
2  score gone --model tiny
2  score empty --model tiny
2  score exam --model nonsense
2  score exam --model empty
2  score exam --model tiny --zones gone.csv
2  score exam --model tiny --expect 0000
2  score

2  serve --model nonsense --no-open
2  serve --model empty --no-open
2  serve --model tiny --expect 0000 --no-open
2  serve --model tiny --host 203.0.113.1 --no-open
2  serve --port 70000
2  serve --max-upload 0

0  suggest there -b tiny.onnx --count 2 --csv next.csv
0  suggest tiny -b tiny.onnx --json
2  suggest blank -b tiny.onnx
2  suggest stale -b tiny.onnx
2  suggest gone
2  suggest there -b tiny.onnx --record gone.csv --rater anna
2  suggest there -b tiny.onnx --rater anna
2  suggest there -b tiny.onnx --head nonsense

0  status tiny -b tiny.onnx
0  status stale -b tiny.onnx --json
1  status -b tiny.onnx
2  status broken
2  status gone
2  status tiny --nonsense

0  verify tiny
1  verify spoilt
2  verify gone
2  verify broken
2  verify tiny -b resnet51
2  verify tiny -b gone.onnx

0  forget Quistgaard-1 --cohort holes --dry-run --features-dir elsewhere
2  forget
2  forget nobody --cohort tiny --yes
2  forget Quistgaard-1 --cohort gone --yes
130  forget Quistgaard-1 --cohort holes
2  forget Quistgaard-1 --cohort holes --yes

0  backbones
0  backbones tiny.onnx --json
2  backbones resnet51
2  backbones gone.onnx
2  backbones --weights-dir gone


0  completion bash
0  completion zsh
0  completion fish
2  completion nonsense
2  completion
"""
ROWS = [
    (int(code), line.strip())
    for code, _, line in (row.partition(" ") for row in TABLE.splitlines() if row)
]
SERVES = {"serve"}  # goes on until it is stopped, where its input is good

# Ctrl-C while a file is read whose path matches.
INTERRUPTED = [
    (r"labels\.csv$", "import csv labels.csv --media ward"),
    (r"tiny.manifest\.csv$", "check tiny"),
    (r"tiny.manifest\.csv$", "features tiny -b tiny.onnx"),
    (r"exam.R1\.mp4$", "score exam --model tiny --no-open"),
    (r"tiny.manifest\.csv$", "cv tiny -b tiny.onnx --head logistic"),
    (r"tiny.first.[a-z.]+$", "report results/tiny/first --no-open"),
    (r"tiny.first.[a-z.]+$", "train tiny --from-run first -b tiny.onnx --name second"),
    (r"tiny.manifest\.csv$", "suggest tiny -b tiny.onnx"),
    (r"tiny.manifest\.csv$", "status tiny -b tiny.onnx"),
    (r"tiny.manifest\.csv$", "verify tiny"),
]
INTERRUPT = """
import re, sys
from lusscore.cli import main
reached = []
def interrupt(event, arguments):
    if event == "open" and not reached and re.search(sys.argv[1], str(arguments[0])):
        reached.append(True)
        raise KeyboardInterrupt
sys.addaudithook(interrupt)
try:
    main(sys.argv[2:], prog_name="lusscore")
finally:
    print("reached" if reached else "never read")
"""


@pytest.fixture(scope="module")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    tiny = make_ground(root, 6, name="tiny")
    assert tiny.command("cv", "--head", "logistic", "--run", "first", *tiny.named).exit_code == 0
    assert tiny.command("train", "--from-run", "first", *tiny.named).exit_code == 0
    labelled = (0, 1, 2, 3, None)
    make_ground(root, 5, name="there", score=lambda patient, zone: labelled[patient], frames=3)
    for name in ("holes", "blank", "stale", "spoilt"):
        ground = make_ground(root, 6, name=name)
        if name == "holes":
            sorted((root / "data/holes/clips").iterdir())[0].write_text("not a video")
            shutil.rmtree(root / "features/holes")
            done = run_command("features", name, *ground.named, *ground.places[:4])
            assert done.exit_code == 1
    clips = sorted((root / "data/tiny/clips").iterdir())
    for name in ("exam", "exam-holes", "empty", "data/broken"):
        (root / name).mkdir()
    for folder in ("exam", "exam-holes"):
        shutil.copy(clips[0], root / folder / "L1.mp4")
        shutil.copy(clips[1], root / folder / "R1.mp4")
    (root / "exam-holes/R2.mp4").write_text("not a video")
    shutil.rmtree(root / "features/blank")
    card = root / "data/stale/cohort.toml"
    card.write_text(card.read_text(encoding="utf-8").replace("variants = 1", "variants = 2"))
    with h5py.File(root / "features/spoilt/tiny.h5", "r+") as file:
        file["embeddings"][0] = 7
    (root / "data/broken/cohort.toml").write_text("name = 1")
    for patient in ("anna", "bert"):
        (root / "ward" / patient / "R1/2").mkdir(parents=True)
        write_video(root / "ward" / patient / "R1/2/a.mp4", moving_bar(2))
    (root / "labels.csv").write_text("Name,Who,Grade\nanna/R1/2/a.mp4,p,2\nbert/R1/2/a.mp4,q,1\n")
    return root


@pytest.fixture
def world(made_world: Path, tmp_path: Path) -> Path:
    """A copy of the folder for one test to write into."""
    shutil.copytree(made_world, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_the_table_has_good_and_bad_input_of_every_command(
    lusscore: Callable[..., Result],
) -> None:
    listed = lusscore("--help").output.partition("Commands:")[2].partition("Exit codes")[0]
    commands = set(re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE))
    rows = Counter(line.split()[0] for _, line in ROWS)
    assert set(rows) == commands
    assert min(rows.values()) >= 3
    for code, exempt in ((0, SERVES), (2, set())):
        assert {line.split()[0] for found, line in ROWS if found == code} == commands - exempt


@pytest.mark.parametrize(("code", "line"), ROWS, ids=[line for _, line in ROWS])
def test_a_command_ends_with_its_exit_code(
    lusscore: Callable[..., Result], world: Path, code: int, line: str
) -> None:
    result = lusscore(*shlex.split(line))
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert result.output.strip()


@pytest.mark.parametrize(("reading", "line"), INTERRUPTED, ids=[line for _, line in INTERRUPTED])
def test_ctrl_c_ends_with_code_130(world: Path, reading: str, line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPT, reading, *shlex.split(line)],
        cwd=world, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True,
    )  # fmt: skip
    assert "reached" in done.stdout
    assert "Traceback" not in done.stderr
    assert done.returncode == 130


@pytest.mark.slow
def test_the_signal_itself_ends_with_code_130_and_leaves_no_cohort(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lusscore", "phantom", "--patients", "400", "--jobs", "1"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    end = time.monotonic() + 60
    while not any(tmp_path.rglob("*.mp4")) and time.monotonic() < end:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in "".join(told)
    assert not (tmp_path / "data/phantom").exists()
