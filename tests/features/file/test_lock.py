import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from features_process import start_features
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy
from lusscore.errors import FeatureFileError
from lusscore.features.file.lock import hold, holder, is_held

HOLDER = """
import sys, time
from pathlib import Path
from lusscore.features.file.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def start_holder(path: Path, seconds: float = 60) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    assert not is_held(path)
    process = start_holder(path)
    try:
        with pytest.raises(FeatureFileError, match=rf"is being written by process {process.pid} "):
            with hold(path):
                pass
        assert is_held(path)
        assert f"process {process.pid} on " in holder(path)
    finally:
        process.kill()
        process.communicate()
    with hold(path):  # a dead process holds nothing
        assert is_held(path)
    assert not is_held(path)


def test_waiting_ends_when_the_first_writer_does(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    process = start_holder(path, 2.0)
    told: list[str] = []
    with hold(path, wait=True, waiting=told.append):
        assert process.poll() is not None or is_held(path)
    process.communicate()
    (sentence,) = told
    assert f"process {process.pid}" in sentence
    assert sentence.endswith("waiting.")


def test_waiting_can_be_given_up(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    process = start_holder(path)
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    try:
        with pytest.raises(FeatureFileError, match="Stopped while"):
            with hold(path, wait=True, stop=stop):
                pass
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process by signal")
def test_of_two_runs_at_once_one_works_and_the_other_says_so_or_waits(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    make_cohort(8, frames=6, extraction=ExtractionSettings(FramesPolicy("all"), variants=1))
    path = tmp_path / "features" / "tiny" / "efficientnet_lite0.h5"
    first = start_features(tmp_path)
    deadline = time.monotonic() + 120
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    # stands still with the file in its hands, so that the others meet it there
    os.kill(first.pid, signal.SIGSTOP)
    second = start_features(tmp_path)
    _, told = second.communicate(timeout=120)
    assert second.returncode == 2
    assert f"is being written by process {first.pid} on" in told
    third = start_features(tmp_path, "--wait")
    time.sleep(3)
    assert third.poll() is None
    os.kill(first.pid, signal.SIGCONT)
    printed, _ = first.communicate(timeout=120)
    assert first.returncode == 0
    assert json.loads(printed)[0]["clips"] == 16
    printed, told = third.communicate(timeout=120)
    assert third.returncode == 0
    assert "waiting" in told
    assert json.loads(printed)[0]["clips"] == 0
    with h5py.File(path) as file:
        assert file["clips/done"][...].all()
