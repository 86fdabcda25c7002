"""Broken files of every format end in a sentence: no crash, no hang, no runaway memory.

Files are opened in a process of its own, whose memory is limited where the system can do that, so
that a decoder that crashes or hangs is seen and does not take the tests with it.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seed_clips import write_seed_clips

WORKER = Path(__file__).parent.parent / "clip_worker.py"
SECONDS = 20
"""For all that is asked of one small file; the slowest takes some tenths of a second."""


class Worker:
    """A process that opens clips; a new one is started when it dies."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put("")

    def ask(self, path: Path) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(str(path)) + "\n")
        self.process.stdin.flush()
        try:
            line = self.answers.get(timeout=SECONDS)
        except queue.Empty:
            self.stop()
            self.start()
            return f"failed: no answer within {SECONDS} s"
        if not line:
            status = self.process.wait()
            self.stop()
            self.start()
            return f"failed: the process died with status {status}"
        return str(json.loads(line))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    started = Worker()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    paths = write_seed_clips(tmp_path_factory.mktemp("seeds"))
    return {path.name: path.read_bytes() for path in paths}


def test_whole_files_of_every_format_are_read(
    tmp_path: Path, worker: Worker, seeds: dict[str, bytes]
) -> None:
    for name, data in seeds.items():
        (tmp_path / name).write_bytes(data)
        answer = worker.ask(tmp_path / name)
        pictureless = "reportsi" in name or "DICOMDIR" in name
        assert answer.startswith("refused" if pictureless else "ok"), (name, answer)


@pytest.mark.slow
def test_the_worker_tells_of_a_crash_and_goes_on(tmp_path: Path, worker: Worker) -> None:
    worker.process.kill()
    assert "died" in worker.ask(tmp_path)
    assert "there is no such clip" in worker.ask(tmp_path / "gone")


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[str, float, int, int]]:
    """Draw a few ways to break a file: how, where (0–1), what with, how much of it."""
    ways = st.sampled_from(("cut", "flip", "zero", "ones", "splice", "repeat", "drop"))
    near_the_start = st.floats(0, 0.05)
    where = st.floats(0, 1) | near_the_start
    way = st.tuples(ways, where, st.integers(0, 255), st.sampled_from((1, 2, 4, 16, 64, 300)))
    return draw(st.lists(way, min_size=1, max_size=3))


def mutate(data: bytes, other: bytes, changes: list[tuple[str, float, int, int]]) -> bytes:
    for way, where, value, length in changes:
        at = int(where * len(data))
        end = at + length
        data = {
            "cut": data[:at],
            "flip": data[:at] + bytes(byte ^ (value or 1) for byte in data[at:end]) + data[end:],
            "zero": data[:at] + bytes(len(data[at:end])) + data[end:],
            "ones": data[:at] + b"\xff" * len(data[at:end]) + data[end:],
            "splice": data[:at] + other[int(where * len(other)) :],
            "repeat": data[:end] + data[at:],
            "drop": data[:at] + data[end:],
        }[way]
    return data


@pytest.mark.slow
@given(
    place=st.integers(0, 10**6),
    other=st.integers(0, 10**6),
    changes=mutations(),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_broken_file_is_read_or_refused_in_one_sentence(
    tmp_path: Path,
    worker: Worker,
    seeds: dict[str, bytes],
    place: int,
    other: int,
    changes: list[tuple[str, float, int, int]],
) -> None:
    names = sorted(seeds)
    name, second = names[place % len(names)], names[other % len(names)]
    path = tmp_path / f"broken{Path(name).suffix}"
    path.write_bytes(mutate(seeds[name], seeds[second], changes))
    answer = worker.ask(path)
    assert answer.startswith(("ok", "refused")), f"{name}: {answer}"
    if answer.startswith("ok"):
        assert int(answer.split()[1]) <= 1000
    else:
        assert answer.count("\n") == 0
        assert answer.endswith(".")


def test_a_name_may_lie_about_the_format(
    tmp_path: Path, worker: Worker, seeds: dict[str, bytes]
) -> None:
    for name, data in seeds.items():
        for suffix in (".mp4", ".png", ".dcm"):
            path = tmp_path / f"lie{suffix}"
            path.write_bytes(data)
            answer = worker.ask(path)
            assert answer.startswith(("ok", "refused")), f"{name} as {suffix}: {answer}"
