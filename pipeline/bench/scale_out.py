"""What it costs per clip to compute elsewhere, and how much one writer can take."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.probes import convert_network, time_bare_clips, time_writer
from bench.report import BenchRow
from bench.running import (
    call_in_process,
    dask_cluster,
    dask_is_installed,
    provide_weights,
    run_features,
)
from bench.subjects import SMALL_BACKBONE, SMALL_SPEC, make_small_clips
from bench.suite import BenchSettings, register_suite

_FRAMES_PER_CLIP = 4
_PROCESSES = 2
# the larger cohort has so many times the clips of the smaller
_TIMES = 4
_HERE, _WORKERS, _DASK = "here", "workers", "dask"
# the writer gets rows as of resnet50 with 3 variants, in clips of two seconds
_WRITER_BACKBONE, _WRITER_FRAMES, _WRITER_CLIPS = "resnet50", 60, 200


@register_suite(
    "scale-out",
    "Computing clips elsewhere, and the single writer",
    (
        "name", "seconds", "clip_ms", "computing_ms", "overhead_ms", "start_s", "clips_per_s",
        "mb_per_s", "detail",
    ),
    frames=1600,
    least_frames=2 * _TIMES * _FRAMES_PER_CLIP,
)  # fmt: skip
def bench_scale_out(settings: BenchSettings) -> Iterator[BenchRow]:
    """Run ``lusscore features`` on clips that hardly need computing: here, on workers, on Dask.

    Two cohorts, one of four times as many clips as the other, tell the time that every clip
    takes from the time that the start takes. The overhead of a clip is that time, less what the
    computing alone takes in one thread, divided by the number of processes.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root = Path(folder)
        clips = settings.frames // _FRAMES_PER_CLIP
        cohorts = [
            make_small_clips(root / "data", count, _FRAMES_PER_CLIP)
            for count in (max(1, clips // _TIMES), clips)
        ]
        features_dir = root / "features"
        weights = provide_weights(SMALL_SPEC, settings.weights_dir, root / "weights")
        places = {
            "backbone": SMALL_BACKBONE, "weights_dir": weights.folder, "features_dir": features_dir,
        }  # fmt: skip
        call_in_process(convert_network, **places)
        bare = call_in_process(time_bare_clips, cohort=str(cohorts[-1].folder), **places)
        computing = bare["seconds"] / bare["clips"]
        ways = {_HERE: (1, []), _WORKERS: (_PROCESSES, ["--workers", str(_PROCESSES)])}
        if dask_is_installed():
            address = stack.enter_context(dask_cluster(_PROCESSES))
            ways[_DASK] = (_PROCESSES, ["--scheduler", address])
        seconds: dict[str, list[list[float]]] = {way: [[], []] for way in ways}
        for number in range(settings.repeats):
            settings.note(f"Round {number + 1} of {settings.repeats} …")
            for way, (_, options) in ways.items():
                for size, cohort in enumerate(cohorts):
                    run = run_features(cohort, SMALL_SPEC, weights, features_dir, *options)
                    seconds[way][size].append(run.seconds)
        few = max(1, clips // _TIMES)
        for way, (processes, _) in ways.items():
            small, large = (median(taken) for taken in seconds[way])
            each = (large - small) / (clips - few)
            yield BenchRow(
                name=f"scale_out/{way}",
                backbone=SMALL_BACKBONE,
                images_per_s=clips * _FRAMES_PER_CLIP / large,
                seconds=large,
                numbers={
                    "clip_ms": 1000 * each,
                    "computing_ms": 1000 * computing / processes,
                    "overhead_ms": 1000 * (each - computing / processes),
                    "start_s": small - few * each,
                },
                detail=f"{few} and {clips} clips of {_FRAMES_PER_CLIP} frames, "
                f"{_told(way, processes)}, median of {settings.repeats}",
            )
        if _DASK not in ways:
            yield BenchRow(name=f"scale_out/{_DASK}", detail="the package distributed is missing")
        settings.note("The writer …")
        yield _writer(root / "writer", min(clips, _WRITER_CLIPS))


def _told(way: str, processes: int) -> str:
    if way == _HERE:
        return "in one process, which decodes, computes and writes at the same time"
    return f"{processes} {'Dask workers' if way == _DASK else 'worker processes'} of one thread"


def _writer(path: Path, clips: int) -> BenchRow:
    answer = call_in_process(
        time_writer,
        folder=path,
        backbone=_WRITER_BACKBONE,
        clips=clips,
        frames=_WRITER_FRAMES,
    )
    return BenchRow(
        name="scale_out/writer",
        images_per_s=answer["images"] / answer["seconds"],
        seconds=answer["seconds"],
        numbers={
            "clips_per_s": clips / answer["seconds"],
            "mb_per_s": answer["megabytes"] / answer["seconds"],
        },
        detail=f"{clips} clips, {answer['images']} embeddings of {_WRITER_BACKBONE}, "
        f"{answer['megabytes']:.0f} MB, flushed to the disk of the temporary folder",
    )
