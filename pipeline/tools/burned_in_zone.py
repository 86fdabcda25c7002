"""Can a network read the zone's name off the picture? Measured with and without masking.

Takes a copy of COVID-BLUES, whose clips carry the zone's name in some places, and a second copy
of it made here, in which the zone's name is written into every clip as a device would. From the
embeddings of each, under each sector policy, a logistic regression learns the zone on some
patients and names it on others. What the probe's position tells remains in every row; what the
name tells is the difference between the rows.

    python pipeline/tools/burned_in_zone.py <copy of COVID-BLUES> --work <empty folder>
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lusscore.backbones import get_backbone
from lusscore.clips import open_clip
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy, read_cohort, write_cohort
from lusscore.cohort.importers import ImportOptions, get_importer
from lusscore.features import EngineChoice, extract_features, feature_path, read_features
from lusscore.sector import SECTOR_POLICIES, find_sector

FRAMES_PER_CLIP = 4
FOLDS = 5
DRAWS = 2000
# Lower left, inside the sector of most clips, in letters as tall as those of the real ones.
PLACE = (0.12, 0.8)
TEXT_SCALE = 0.0023


@dataclass(frozen=True)
class Row:
    """Accuracy of naming the zone of held-out clips, with a 95 % interval over patients.

    `with_text` is the accuracy of the clips that carried text as recorded.
    """

    clips: str
    policy: str
    accuracy: float
    low: float
    high: float
    with_text: float


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="copy of COVID-BLUES")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is computed")
    parser.add_argument("--backbone", default="efficientnet_lite0")
    parser.add_argument("--weights-dir", type=Path, default=None)
    arguments = parser.parse_args()
    extraction = ExtractionSettings(frames=FramesPolicy("per-clip", FRAMES_PER_CLIP), variants=0)
    imported = get_importer("covid-blues")(
        arguments.source, ImportOptions(name="real", extraction=extraction)
    )
    folder = arguments.work / "data" / "real"
    real = write_cohort(folder, imported.card, imported.segments)
    named = [bool(find_sector(Path(clip)).text) for clip in real.clips()]
    written = write_names(real, arguments.work / "data" / "written")
    rows = []
    for cohort, label in ((real, "as recorded"), (written, "zone written in")):
        for policy in SECTOR_POLICIES:
            embeddings = embed(cohort, policy, arguments)
            rows.append(measure(label, policy, cohort, embeddings, named))
    chance = majority_share([segment.zone for segment in real.segments])
    print(f"{len(real.clips())} clips, {sum(named)} of them with text; majority zone {chance:.3f}")
    print(f"{'clips':<16} {'policy':<15} {'accuracy':<28} clips with text")
    for row in rows:
        interval = f"{row.accuracy:.3f} [{row.low:.3f}, {row.high:.3f}]"
        print(f"{row.clips:<16} {row.policy:<15} {interval:<28} {row.with_text:.3f}")


def write_names(cohort: Cohort, folder: Path) -> Cohort:
    """Copy a cohort with the zone's name written into every frame of every clip."""
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    segments = []
    for number, segment in enumerate(cohort.segments):
        path = folder / "clips" / f"{number}.mp4"
        if not path.exists():
            write_video(path, names_on(Path(segment.clip), segment.zone))
        segments.append(replace(segment, clip=f"clips/{number}.mp4"))
    write_cohort(folder, replace(cohort.card, name="written"), segments)
    return read_cohort(folder)


def names_on(clip: Path, zone: str) -> Iterator[NDArray[np.uint8]]:
    """Yield a clip's frames with its zone written on them."""
    for frame in open_clip(clip):
        image = frame.rgb.copy()
        height, width = image.shape[:2]
        place = (round(PLACE[0] * width), round(PLACE[1] * height))
        cv2.putText(
            image, zone, place, cv2.FONT_HERSHEY_SIMPLEX, TEXT_SCALE * height, (255, 255, 255), 2,
            cv2.LINE_AA,
        )  # fmt: skip
        yield image


def write_video(path: Path, frames: Iterator[NDArray[np.uint8]]) -> None:
    """Encode frames as an H.264 MP4, as the clips of the data set are."""
    beside = path.with_suffix(".tmp.mp4")
    with av.open(str(beside), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "18"})
        stream.pix_fmt = "yuv420p"
        for number, image in enumerate(frames):
            if not number:
                stream.height, stream.width = image.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    beside.replace(path)


def embed(cohort: Cohort, policy: str, arguments: argparse.Namespace) -> pd.DataFrame:
    """Return one row per frame: clip, and the embedding as numbered columns."""
    card = replace(cohort.card, extraction=replace(cohort.card.extraction, sector=policy))
    features = arguments.work / "features" / policy
    spec = get_backbone(arguments.backbone)
    chosen = replace(cohort, card=card)
    extract_features(
        chosen, [spec], features, weights_dir=arguments.weights_dir, engine=EngineChoice()
    )
    held = read_features(feature_path(features, chosen, spec.name))
    table = pd.DataFrame(held.embeddings[:, 0].astype(np.float32))
    table.insert(0, "clip", np.array(held.paths, dtype=object)[held.clip])
    return table


def measure(
    label: str, policy: str, cohort: Cohort, embeddings: pd.DataFrame, named: Sequence[bool]
) -> Row:
    """Name the zone of each clip by a model that saw other patients; a clip's frames vote."""
    zones = {segment.clip: segment.zone for segment in cohort.segments}
    patients = {segment.clip: segment.patient for segment in cohort.segments}
    with_name = dict(zip(cohort.clips(), named, strict=True))
    x = embeddings.drop(columns="clip").to_numpy()
    y = embeddings["clip"].map(zones).to_numpy()
    groups = embeddings["clip"].map(patients).to_numpy()
    names = np.unique(y)
    chances = np.zeros((len(y), len(names)))
    for train, test in GroupKFold(FOLDS).split(x, y, groups):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
        chances[test] = model.fit(x[train], y[train]).predict_proba(x[test])
    clip_chances = pd.DataFrame(chances).groupby(embeddings["clip"].to_numpy()).mean()
    right = pd.Series(
        names[clip_chances.to_numpy().argmax(axis=1)] == clip_chances.index.map(zones),
        index=clip_chances.index,
    )
    low, high = interval(right, patients)
    with_text = float(right[[with_name[clip] for clip in right.index]].mean())
    return Row(label, policy, float(right.mean()), low, high, with_text)


def interval(right: pd.Series, patients: dict[str, str]) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean over resampled patients."""
    owners = right.index.map(patients)
    sums, counts = right.groupby(owners).sum(), right.groupby(owners).size()
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(sums), (DRAWS, len(sums)))
    means = sums.to_numpy()[draws].sum(axis=1) / counts.to_numpy()[draws].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def majority_share(values: Sequence[str]) -> float:
    """Return the share of the commonest value."""
    return float(pd.Series(values).value_counts(normalize=True).iloc[0])


if __name__ == "__main__":
    main()
