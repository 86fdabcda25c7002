"""Workers that are real processes, and a real Dask cluster, some of them killed."""

import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from click.testing import CliRunner

from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cli import main
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy
from lusscore.errors import EngineError
from lusscore.features import (
    Callbacks,
    EngineChoice,
    Outcome,
    PlannedClip,
    RunChoice,
    extract_features,
    read_features,
)
from lusscore.features.computing import Order, compute_clip
from lusscore.workers import open_pool

CLIPS = 24
slow = pytest.mark.slow
kills = pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signal")


@pytest.fixture
def cohort(make_cohort: Callable[..., Cohort]) -> Cohort:
    settings = ExtractionSettings(frames=FramesPolicy("all"), variants=2, dtype="float32")
    return make_cohort(CLIPS // 2, frames=6, extraction=settings)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where networks that were built once are kept."""
    return tmp_path_factory.mktemp("networks")


@pytest.fixture
def extract(cohort: Cohort, networks: Path, tmp_path: Path) -> Callable[..., Outcome]:
    def run(callbacks: Callbacks | None = None, **choice: object) -> Outcome:
        (outcome,) = extract_features(
            cohort,
            [spec()],
            tmp_path / "features",
            engine=EngineChoice(cache=networks),
            run=RunChoice(**choice),  # type: ignore[arg-type]
            callbacks=callbacks,
        )
        return outcome

    return run


@pytest.fixture
def straight(cohort: Cohort, networks: Path, tmp_path: Path) -> bytes:
    """The embeddings of an undisturbed run in one process."""
    choice = EngineChoice(cache=networks)
    (outcome,) = extract_features(cohort, [spec()], tmp_path / "straight", engine=choice)
    return stored(outcome)


def spec() -> BackboneSpec:
    """One that is slow enough to be disturbed at work."""
    return get_backbone("efficientnet_lite0")


def stored(outcome: Outcome) -> bytes:
    features = read_features(outcome.path)
    assert features.done.all()
    return features.embeddings.tobytes() + features.time.tobytes()


def worker_processes() -> list[int]:
    return [
        child.pid
        for child in psutil.Process().children()
        if any("popen_loky" in part for part in child.cmdline())
    ]


def once(frames: int, act: Callable[[], None]) -> Callbacks:
    """Do something in a thread of its own after so many frames."""
    seen = [0, 0]

    def count(backbone: str, more: int) -> None:
        seen[0] += more
        if seen[0] >= frames and not seen[1]:
            seen[1] = 1
            threading.Thread(target=act).start()

    return Callbacks(frames=count)


@slow
@kills
def test_a_worker_that_is_killed_is_replaced_and_its_clips_are_done_again(
    extract: Callable[..., Outcome], straight: bytes
) -> None:
    killed = []

    def kill() -> None:
        for process in worker_processes()[:1]:
            os.kill(process, signal.SIGKILL)
            killed.append(process)

    outcome = extract(once(18, kill), workers=2, images_per_batch=5)
    assert killed
    assert (outcome.clips, outcome.failed) == (CLIPS, {})
    assert stored(outcome) == straight


@slow
def test_a_clip_that_brings_down_every_worker_is_recorded_and_the_rest_is_done(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    settings = ExtractionSettings(frames=FramesPolicy("all"), variants=1)
    cohort = make_cohort(6, frames=4, extraction=settings)
    deadly = cohort.clips()[5]
    # a worker that ends while it reads one clip, as the system's out-of-memory killer would end it
    (tmp_path / "deadly.py").write_text(
        "import lusscore.features.computing as computing\n"
        "from deadly_task import deadly\n"
        "from lusscore.cli import main\n"
        "computing.compute_clip = deadly\n"
        "main()\n"
    )
    (tmp_path / "deadly_task.py").write_text(
        "import os\n"
        "from lusscore.features.computing import compute_clip\n"
        "def deadly(numbered, **options):\n"
        f"    if numbered[1].clip.path == {deadly!r}:\n"
        "        os._exit(9)\n"
        "    return compute_clip(numbered, **options)\n"
    )
    done = subprocess.run(
        [sys.executable, str(tmp_path / "deadly.py"), "features", "tiny", "-b", str(tiny_backbone),
         "--workers", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "1 clips have no embeddings" in done.stdout
    features = read_features(tmp_path / "features" / "tiny" / "tiny.h5")
    assert features.done.tolist() == [number != 5 for number in range(12)]
    assert "worker" in features.errors[5]


@slow
def test_ctrl_c_ends_workers_quietly_and_keeps_what_was_computed(
    extract: Callable[..., Outcome],
) -> None:
    stop = threading.Event()
    first = extract(Callbacks(frames=lambda *_: stop.set(), stop=stop), workers=2)
    assert not first.finished
    assert 0 < first.clips < CLIPS
    assert worker_processes() == []
    second = extract()
    assert first.clips + second.clips == CLIPS


DASK = """
import sys, time
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, host="127.0.0.1",
        dashboard_address=None, local_directory=sys.argv[1], silence_logs=50,
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        for worker in cluster.workers.values():
            print(worker.pid, flush=True)
        print("ready", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def dask_cluster(tmp_path: Path) -> Iterator[tuple[str, list[int]]]:
    """A scheduler and three worker processes on loopback: address, process numbers."""
    pytest.importorskip("distributed", reason="needs the extra 'distributed'")
    program = tmp_path / "cluster.py"
    program.write_text(DASK)
    with subprocess.Popen(
        [sys.executable, str(program), str(tmp_path / "dask")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        workers = [int(line) for line in iter(process.stdout.readline, "ready\n")]
        yield address, workers
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@slow
@kills
def test_a_dask_cluster_that_loses_a_worker_ends_with_the_same_file(
    extract: Callable[..., Outcome], straight: bytes, dask_cluster: tuple[str, list[int]]
) -> None:
    address, workers = dask_cluster
    killed = []

    def kill() -> None:
        os.kill(workers[0], signal.SIGKILL)
        killed.append(workers[0])

    outcome = extract(once(12, kill), scheduler=address)
    assert killed
    assert (outcome.clips, outcome.failed) == (CLIPS, {})
    assert stored(outcome) == straight


@slow
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "http://x"])
def test_a_scheduler_that_is_not_there_gets_a_sentence_and_nothing_else(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path, address: str
) -> None:
    make_cohort(1)
    done = subprocess.run(
        [sys.executable, "-m", "lusscore", "features", "tiny", "-b", str(tiny_backbone),
         "--scheduler", address],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert address in done.stderr
    assert "Dask" in done.stderr
    assert "Traceback" not in done.stderr


@slow
def test_what_answers_and_is_no_scheduler_gets_a_sentence_soon() -> None:
    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(EngineError, match="No Dask scheduler answers"), open_pool(1, address):
            pass
        server.shutdown()


def test_a_worker_of_another_version_refuses_its_task(tmp_path: Path) -> None:
    order = Order(PlannedClip("a.mp4", "a" * 64, np.arange(1)), tmp_path, ())
    with pytest.raises(EngineError, match=r"has lusscore .*, but the run is of 9\.9"):
        compute_clip((0, order), ExtractionSettings(), EngineChoice(), 16, version="9.9")


@pytest.mark.slow
def test_a_plug_in_reaches_the_workers_of_a_cluster(
    dask_cluster: tuple[str, list[int]],
    make_cohort: Callable[..., Cohort],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The network of docs/extending.md, which nobody but its file knows."""
    page = (Path(__file__).parents[2] / "docs" / "extending.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n# network.py\n(.*?)```", page, re.DOTALL)
    plug_in = tmp_path / "network.py"
    plug_in.write_text(code, encoding="utf-8")
    (tmp_path / "weights").mkdir()
    subprocess.run(
        [sys.executable, plug_in, tmp_path / "weights" / "small_net.weights.h5"], check=True
    )
    make_cohort(2, frames=3)
    monkeypatch.chdir(tmp_path)
    asked = ("features", "tiny", "--plugin", plug_in, "-b", "small_net", "--weights-dir", "weights")
    here = CliRunner().invoke(main, [*map(str, asked), "--scheduler", dask_cluster[0]])
    assert here.exit_code == 0, here.output
    assert "nothing to compute" in CliRunner().invoke(main, [*map(str, asked)]).output
