"""Processes, commands and clusters, run and measured from outside."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.subjects import SMALL_BACKBONE, SMALL_COMMAND, find_backbone, register_small_backbone
from lusscore.backbones import (
    BackboneSpec,
    builder_of,
    locate_weights,
    measure_sgemm,
    weights_file_name,
)
from lusscore.cohort import Cohort
from lusscore.console import say
from lusscore.errors import WeightsError

# calls "module:function" with keyword arguments given as JSON and prints its answer as JSON
_CALL = """
import importlib, json, sys
module, name = sys.argv[1].split(":")
answer = getattr(importlib.import_module(module), name)(**json.loads(sys.argv[2]))
print()
print(json.dumps(answer))
"""


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Attributes
    ----------
    seconds
        From start to end.
    peak_memory_gb
        Largest resident size in 10^9 bytes; None where the system does not tell.
    output
        What it printed to standard output.
    """

    seconds: float
    peak_memory_gb: float | None
    output: str


def run_python(arguments: Sequence[str], *, cwd: Path | None = None) -> Finished:
    """Run this Python with `arguments` and measure it."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        peak = _PeakMemory(process.pid)
        try:
            output, remarks = process.communicate()
        except BaseException:
            process.kill()
            raise
        finally:
            peak.stop()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(
            f"{arguments} ended with {process.returncode}:\n{output.strip()}\n{remarks.strip()}"
        )
    return Finished(seconds, peak.gigabytes, output)


def call_in_process(function: Callable[..., Any], **arguments: object) -> Any:
    """Call a function of a module in a process of its own and return its answer."""
    place = f"{function.__module__}:{function.__qualname__}"
    finished = run_python(["-c", _CALL, place, json.dumps(arguments, default=str)])
    return json.loads(finished.output.splitlines()[-1])


class _PeakMemory:
    """Watches the high-water mark that Linux keeps of a process.

    Attributes
    ----------
    gigabytes
        The mark in 10^9 bytes; None if it was never told.
    """

    def __init__(self, pid: int) -> None:
        self.gigabytes: float | None = None
        self._status = Path(f"/proc/{pid}/status")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                continue
            for line in lines:
                if line.startswith("VmHWM:"):
                    self.gigabytes = int(line.split()[1]) * 1024 / 1e9


def measure_sgemm_alone() -> float:
    """Return the speed of a float32 matrix product in a process of its own, in GFLOP/s."""
    return float(call_in_process(measure_sgemm))


@dataclass(frozen=True)
class MeasuredWeights:
    """Where a backbone's weights are for a measurement.

    Attributes
    ----------
    folder
        Weights folder to give, None for the search order of the backbones room.
    random
        Whether they mean nothing. Speed does not depend on the values.
    """

    folder: Path | None
    random: bool

    @property
    def remark(self) -> str:
        """What to add to a detail."""
        return ", random weights" if self.random else ""


def provide_weights(spec: BackboneSpec, weights_dir: Path | None, spare: Path) -> MeasuredWeights:
    """Find the weights of `spec`; where there are none, write random ones into `spare`.

    Nothing is downloaded.
    """
    if locate_weights(spec, weights_dir) is not None:
        return MeasuredWeights(weights_dir, random=False)
    if spec.family == "onnx":
        raise WeightsError(f"There is no ONNX file {spec.source}; give the path of one.")
    path = spare / weights_file_name(spec)
    if not path.is_file():
        spare.mkdir(parents=True, exist_ok=True)
        call_in_process(write_random_weights, backbone=spec.name, path=path)
    return MeasuredWeights(spare, random=True)


def write_random_weights(backbone: str, path: str) -> None:
    """Write the weights with which Keras begins a training."""
    from lusscore.backbones import import_keras

    register_small_backbone()
    spec = find_backbone(backbone)
    import_keras().utils.set_random_seed(0)
    builder_of(spec)(spec).save_weights(path)


@dataclass(frozen=True)
class FeaturesRun:
    """A run of ``lusscore features`` with one backbone.

    Attributes
    ----------
    command
        The whole process.
    path
        The feature file.
    clips, images
        Computed.
    seconds
        From the first clip to the last write, without loading the network.
    """

    command: Finished
    path: Path
    clips: int
    images: int
    seconds: float

    @property
    def images_per_s(self) -> float:
        """Images per second."""
        return self.images / self.seconds


@dataclass(frozen=True)
class CvRun:
    """A run of ``lusscore cv`` with one backbone.

    Attributes
    ----------
    command
        The whole process.
    folds
        The file of the folds.
    accuracy, kappa
        Means over the folds, of frames; the kappa is quadratic. None where not defined.
    """

    command: Finished
    folds: Path
    accuracy: float | None
    kappa: float | None


def run_features(
    cohort: Cohort,
    spec: BackboneSpec,
    weights: MeasuredWeights,
    features_dir: Path,
    *options: str,
) -> FeaturesRun:
    """Run ``lusscore features``; embeddings that are there already are deleted first.

    Networks that were converted before are kept in `features_dir`.
    """
    path = features_dir / cohort.name / f"{spec.name}.h5"
    path.unlink(missing_ok=True)
    for folder in (features_dir / ".cache").glob(f"{spec.name}-*"):
        shutil.rmtree(folder)
    given = [] if weights.folder is None else ["--weights-dir", str(weights.folder)]
    finished = _run("features", cohort, spec, features_dir, *given, *options)
    (row,) = json.loads(finished.output)
    return FeaturesRun(finished, path, row["clips"], row["images"], row["seconds"])


def run_cv(
    cohort: Cohort,
    spec: BackboneSpec,
    features_dir: Path,
    results_dir: Path,
    run: str,
    *options: str,
) -> CvRun:
    """Run ``lusscore cv`` on embeddings that are there, under the name `run`."""
    places = ("--results-dir", str(results_dir), "--run", run)
    finished = _run("cv", cohort, spec, features_dir, *places, *options)
    metrics: dict[str, Any] = json.loads(finished.output)["levels"]["frame"]
    mean = next(entry["mean"] for model, entry in metrics.items() if model.startswith(spec.name))
    folds = results_dir / cohort.name / run / "folds.csv"
    return CvRun(finished, folds, mean["accuracy"], mean["quadratic_kappa"])


def _run(
    command: str, cohort: Cohort, spec: BackboneSpec, features_dir: Path, *options: str
) -> Finished:
    """Run a command on a cohort with one backbone; it prints JSON."""
    start = ("-c", SMALL_COMMAND) if spec.name == SMALL_BACKBONE else ("-m", "lusscore")
    backbone = spec.source if spec.family == "onnx" else spec.name
    places = ("--backbone", backbone, "--features-dir", str(features_dir))
    return run_python([*start, command, str(cohort.folder), *places, "--json", *options])


_SERVE = "from bench.running import serve; serve({workers})"


def dask_is_installed() -> bool:
    """Tell whether a cluster can be started."""
    return find_spec("distributed") is not None


@contextmanager
def dask_cluster(workers: int) -> Iterator[str]:
    """Run a cluster of worker processes with one thread each."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE.format(workers=workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError(f"No Dask cluster started; it ended with {process.wait()}.")
        try:
            yield address
        finally:
            # the end of its input is its sign to stop
            process.communicate()


def serve(workers: int) -> None:
    """Start a cluster, tell its address and keep it until standard input ends."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        silence_logs=50,
    ) as cluster:
        say(cluster.scheduler_address)
        sys.stdout.flush()
        sys.stdin.read()
