"""Makes run folders as cross-validation leaves them, from a made-up cohort of any size."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import tomlkit

from lusscore.cohort.protocols import get_protocol
from lusscore.evaluation.predictions import (
    PROBABILITIES,
    SCORES,
    majority_predictions,
    write_predictions,
)

BACKBONES = {
    "xception": ([299, 299], 2048, 20_861_480, 16_800_000_000),
    "resnet50": ([224, 224], 2048, 23_587_712, 7_700_000_000),
    "vgg16": ([224, 224], 512, 14_714_688, 30_700_000_000),
    "efficientnet_lite0": ([224, 224], 1280, 3_412_000, 770_000_000),
}


@dataclass(frozen=True)
class Recipe:
    """What run to make up.

    `skill` maps backbones to how clearly they see the score (0 is chance); `clips` and `frames`
    are ranges per zone and clip; `missing` is the share of zones without a clip; `unzoned_clips`
    is the share of clips whose zone is unknown, and of the first `unzoned_patients` all are;
    `skipped` are (clip, error) pairs; patients of `capped_fold` have scores of 0 and 1 alone.
    """

    patients: int = 12
    healthy: int = 3
    folds: int = 3
    repeats: int = 1
    skill: tuple[tuple[str, float], ...] = (("xception", 2.6), ("resnet50", 2.0))
    protocol: str = "lus-12"
    label_level: str = "frame"
    synthetic: bool = True
    clips: tuple[int, int] = (1, 1)
    frames: tuple[int, int] = (6, 12)
    missing: float = 0.05
    unzoned_clips: float = 0.0
    unzoned_patients: int = 0
    capped_fold: int = 0
    skipped: tuple[tuple[str, str], ...] = ()
    name: str = "phantom"
    command: str = "lusscore cv data/phantom --backbones xception,resnet50"
    seed: int = 0


def make_run(folder: Path, recipe: Recipe | None = None) -> Path:
    """Write what ``lusscore cv`` writes before evaluation, and return `folder`."""
    recipe = recipe or Recipe()
    generator = np.random.default_rng(recipe.seed)
    folder.mkdir(parents=True, exist_ok=True)
    patients = [str(101 + number) for number in range(recipe.patients)]
    groups = {
        patient: "healthy" if number < recipe.healthy else "covid"
        for number, patient in enumerate(patients)
    }
    homes = _homes(patients, recipe, generator)
    cohort = _forget_zones(_cohort(groups, homes[0], recipe, generator), recipe)
    predictions, training = [], []
    for repeat in range(recipe.repeats):
        fold = cohort["patient"].map(homes[repeat])
        rows = cohort.assign(repeat=repeat + 1, fold=fold)
        for name, skill in recipe.skill:
            scored = _predict(rows, skill, generator)
            predictions.append(scored.assign(model=f"{name}/softmax"))
        for number in range(1, recipe.folds + 1):
            held_out = rows[rows["fold"] == number]
            others = rows[rows["fold"] != number]
            shaped = held_out.assign(model="", **dict.fromkeys(PROBABILITIES, 0.0))
            predictions.append(majority_predictions(shaped, others["truth"].to_numpy()))
            training += [
                _training_row(f"{name}/softmax", repeat + 1, number, others, held_out, generator)
                for name, _ in recipe.skill
            ]
    write_predictions(folder / "predictions.csv", pd.concat(predictions, ignore_index=True))
    _write_folds(folder, cohort, groups, homes)
    (folder / "tables").mkdir(exist_ok=True)
    pd.DataFrame(training).to_csv(folder / "tables" / "training.csv", index=False)
    _write_config(folder, recipe, cohort, groups)
    return folder


def _homes(patients, recipe, generator):
    """Which fold each patient is held out in, one dict per repeat."""
    healthy, ill = patients[: recipe.healthy], patients[recipe.healthy :]
    homes = []
    for _ in range(recipe.repeats):
        order = [*generator.permutation(healthy), *generator.permutation(ill)]
        homes.append({str(p): row % recipe.folds + 1 for row, p in enumerate(order)})
    return homes


def _cohort(groups, home, recipe, generator):
    """Every labelled frame: patient, exam, zone, clip, frame, truth."""
    zones = get_protocol(recipe.protocol).zone_names
    lean = generator.normal(0, 0.35, len(zones))
    rows = []
    for patient, group in groups.items():
        severity = generator.normal(0.15, 0.15) if group == "healthy" else generator.gamma(5, 0.27)
        highest = 1 if home[patient] == recipe.capped_fold else 3
        for zone, shift in zip(zones, lean, strict=True):
            if generator.random() < recipe.missing:
                continue
            zone_score = np.clip(round(severity + shift + generator.normal(0, 0.5)), 0, highest)
            for clip in range(1, generator.integers(*recipe.clips, endpoint=True) + 1):
                path = f"clips/patient_{patient}/{zone}_{clip}.mp4"
                count = int(generator.integers(*recipe.frames, endpoint=True))
                truth = np.full(count, zone_score)
                if recipe.label_level == "frame":
                    start = generator.integers(0, count)
                    step = generator.choice([-1, 0, 0, 1])
                    truth[start : start + count // 3] += step
                truth = np.clip(truth, 0, highest).astype(int)
                rows += [
                    (patient, "1", zone, path, frame, score) for frame, score in enumerate(truth)
                ]
    return pd.DataFrame(rows, columns=["patient", "exam", "zone", "clip", "frame", "truth"])


def _forget_zones(cohort, recipe):
    """Leave the zone of some clips empty; nothing else changes."""
    clips = cohort["clip"].unique()
    generator = np.random.default_rng(recipe.seed + 1)
    drawn = clips[generator.random(len(clips)) < recipe.unzoned_clips]
    patients = cohort["patient"].unique()[: recipe.unzoned_patients]
    unknown = cohort["clip"].isin(drawn) | cohort["patient"].isin(patients)
    return cohort.assign(zone=cohort["zone"].mask(unknown, ""))


def _predict(rows, skill, generator):
    """Probabilities of a scorer that errs by patient, by clip and by frame."""
    truth = rows["truth"].to_numpy()
    distance = np.abs(truth[:, None] - np.array(SCORES)[None, :])
    logits = -skill * distance
    for column, spread in (("patient", 0.7), ("clip", 0.9)):
        codes, names = pd.factorize(rows[column])
        logits = logits + generator.normal(0, spread, (len(names), 4))[codes]
    logits = logits + generator.normal(0, 0.9, logits.shape)
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return rows.assign(**dict(zip(PROBABILITIES, shares.T, strict=True)))


def _training_row(model, repeat, fold, training, held_out, generator):
    return {
        "model": model,
        "repeat": repeat,
        "fold": fold,
        "train_patients": training["patient"].nunique(),
        "train_frames": len(training),
        "test_patients": held_out["patient"].nunique(),
        "test_frames": len(held_out),
        "epochs": 3,
        "seconds": round(float(len(training) * 2e-4 + generator.uniform(0.4, 0.9)), 3),
    }


def _write_folds(folder, cohort, groups, homes):
    frames = cohort.groupby("patient").size()
    rows = [
        (repeat + 1, home[patient], patient, groups[patient], int(frames.get(patient, 0)))
        for repeat, home in enumerate(homes)
        for patient in sorted(home)
    ]
    columns = ["repeat", "fold", "patient", "group", "frames"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "folds.csv", index=False)


def changed(run, /, **tables):
    """Return a run whose configuration has other values in some tables, or other tables."""
    update = {
        name: getattr(run.config, name).model_copy(update=new) if isinstance(new, dict) else new
        for name, new in tables.items()
    }
    return replace(run, config=run.config.model_copy(update=update))


def with_metrics(run, change):
    """Return a run whose metrics a function changed."""
    metrics = copy.deepcopy(run.metrics)
    change(metrics)
    return replace(run, metrics=metrics)


def _write_config(folder, recipe, cohort, groups):
    names = [name for name, _ in recipe.skill]
    members = list(groups.values())
    config = {
        "run": {
            "name": "2025-03-01_softmax",
            "command": recipe.command,
            "created": "2025-03-01T14:05:09+00:00",
            "lusscore": "0.1.0",
            "seconds": 93.4,
        },
        "versions": {
            "python": "3.11.9",
            "tensorflow": "2.20.0",
            "keras": "3.12.0",
            "numpy": "2.2.1",
            "platform": "Linux x86_64",
        },
        "cohort": {
            "name": recipe.name,
            "protocol": recipe.protocol,
            "rubric": "lung-ultrasound-score",
            "licence": "CC0-1.0",
            "citation": "none needed",
            "source": "made up for tests",
            "description": "Simulated lung ultrasound of simulated patients.",
            "label_level": recipe.label_level,
            "synthetic": recipe.synthetic,
            "manifest_digest": "9f2b6d0e" * 8,
            "patients": len(groups),
            "exams": len(groups),
            "clips": int(cohort["clip"].nunique()),
            "frames": len(cohort),
            "skipped_clips": [
                {"clip": clip, "patient": "101", "zone": "L-ant-sup", "error": error}
                for clip, error in recipe.skipped
            ],
            "groups": {group: members.count(group) for group in dict.fromkeys(members)},
            "extraction": {"frames": "all", "variants": 3, "rotation": 10.0, "flip": True},
        },
        "cross_validation": {"folds": recipe.folds, "repeats": recipe.repeats, "seed": 0},
        "models": [f"{name}/softmax" for name in names],
        "head": {
            "name": "softmax",
            "dropout": 0.5,
            "learning_rate": 0.001,
            "batch_size": 32,
            "epochs": 3,
            "optimizer": "adam",
            "seed": 0,
        },
        "backbones": [_backbone(name, len(cohort)) for name in names],
    }
    (folder / "config.toml").write_text(tomlkit.dumps(config), encoding="utf-8")


def _backbone(name, frames):
    size, embedding, parameters, flops = BACKBONES[name]
    return {
        "name": name,
        "input_size": size,
        "embedding_size": embedding,
        "parameters": parameters,
        "flops": flops,
        "weights_digest": "5c1d" * 16,
        "engine": "openvino",
        "fingerprint": "a07e" * 16,
        "frames": frames,
        "variants": 3,
    }
