from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bundle_maker import make_bundle
from lusscore.models import Bundle, write_bundle
from score_output import FILES, table

_WATCHED = """
import json, sys
sockets = []
sys.addaudithook(
    lambda event, details: sockets.append(event) if event.startswith("socket.") else None
)
from lusscore.cli import main
try:
    main(sys.argv[2:])
finally:
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        loaded = sorted({name.partition(".")[0] for name in sys.modules})
        json.dump({"loaded": loaded, "sockets": sockets}, file)
"""


def start(seen: Path, *arguments: object) -> subprocess.Popen[str]:
    """Score in a process that writes down which packages it has loaded and sockets it has used."""
    texts = [str(argument) for argument in (seen, "score", *arguments)]
    return subprocess.Popen(
        [sys.executable, "-c", _WATCHED, *texts],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_scores_loads_no_tensorflow_opens_no_socket_and_prints_json_alone(
    exam: Path, tmp_path: Path
) -> None:
    kept = make_bundle(tmp_path / "networks", head="softmax", settings={"epochs": 1})
    write_bundle(kept, tmp_path / "softmax")
    place = ("-m", tmp_path / "softmax", "-o", tmp_path / "out")
    process = start(tmp_path / "seen.json", exam, *place, "--json")
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert len(json.loads(stdout)["clips"]) == 3
    seen = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert {"lusscore", "openvino", "numpy"} <= set(seen["loaded"])
    forbidden = {"tensorflow", "keras", "torch", "jax", "matplotlib"}
    assert not forbidden & set(seen["loaded"])
    assert seen["sockets"] == []


@pytest.mark.slow
def test_two_processes_that_score_into_one_folder_do_no_harm(
    exam: Path, bundle: Bundle, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    runs = [
        start(tmp_path / f"{name}.json", exam, "-m", bundle.folder, "-o", folder, "--name", name)
        for name in ("one", "two")
    ]
    for process in runs:
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
    assert sorted(path.name for path in folder.iterdir()) == FILES
    document = json.loads((folder / "exam.json").read_text(encoding="utf-8"))
    assert document["exam"] in ("one", "two")
    assert len(table(folder / "clips.csv")) == 3
    assert (folder / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
