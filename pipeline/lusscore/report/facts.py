"""What a run's files say of it, stated for reporting checklists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from lusscore.cohort import describe_rubric, rubric_names
from lusscore.evaluation import SCORES, CohortTable
from lusscore.report.run_files import RunFiles, model_labels
from lusscore.wording import bounds, have, listed, percent, plural, three

_CARD_KEYS = {"protocol": "protocol", "rubric": "scoring system", "label_level": "labels"}
_SHOWN = 5

# what holds of every run
_FIXED = {
    "inputs": "Embeddings of the frames of clips; no clinical variable.",
    "computed": "Embeddings are computed; no person assesses them.",
    "explanations": "None were computed in this run.",
    "no_updating": "None: no head was changed after it was tested.",
    "limits": "What the run by itself cannot show is listed.",
    "flow": "A diagram from the manifest to the folds.",
    "per_score": "Precision, recall, F1 and areas of each score with intervals, at every level, in "
    "tables/classes.csv; of frames in a folded table.",
    "specification": "Settings, seeds and digests of weights are in config.toml; heads are not "
    "kept after testing and can be reproduced with the command.",
    "poor_input": "In this run clips that could not be read were left out and named, and no zone "
    "was imputed; the quality of images was not judged. Selective prediction shows the gain where "
    "predictions of low confidence are left to a person.",
    "measures": "Accuracy, precision, recall, F1, ROC-AUC, PR-AUC, quadratic kappa, mean absolute "
    "error, share within one score, Brier score and calibration error of frames, clips and zones; "
    "error, limits of agreement, ICC(A,1) and rank correlation of global scores. No measure of "
    "clinical utility.",
    "clusters": "Clips and frames of a patient stay together in folds, resamples and permutations.",
}


def run_facts(run: RunFiles) -> dict[str, str]:
    """State by name what the files of `run` hold; what they do not hold is not there."""
    stated = {
        **_FIXED,
        **_cohort_facts(run),
        **_label_facts(run),
        **_missing_data(run),
        **_split_facts(run),
        **_model_facts(run),
        **_result_facts(run),
    }
    return {name: text for name, text in stated.items() if text}


def _cohorts(run: RunFiles) -> list[tuple[CohortTable, str]]:
    """Every cohort of the run and what it was for, the one tested on last."""
    others = [(other, f"Trained on {other.name}") for other in run.config.trained_on]
    mine = run.config.cohort
    return [*others, (mine, f"{'Tested on' if others else 'Cohort'} {mine.name}")]


def _of_all(stated: Iterator[str]) -> str:
    """Join what is known of every cohort; nothing where it is not known of one."""
    texts = list(stated)
    return " ".join(texts) if all(texts) else ""


def _counts(counted: Mapping[str, int]) -> str:
    known = {name: number for name, number in counted.items() if name}
    if set(known) <= {"unknown"}:
        return ""
    return listed([f"{name} ({plural(number, 'patient')})" for name, number in known.items()])


def _cohort_facts(run: RunFiles) -> dict[str, str]:
    cohorts = _cohorts(run)
    devices = _counts(run.config.cohort.devices)
    return {
        "source": _of_all(_source(cohort, role) for cohort, role in cohorts),
        "licence": _of_all(
            f"{role}: licence {one.licence}. {_ended(one.citation)}".strip() if one.licence else ""
            for one, role in cohorts
        ),
        "sizes": _of_all(
            f"{role}: {plural(one.patients, 'patient')}, {plural(one.exams, 'exam')}, "
            f"{plural(one.clips, 'clip')}, {plural(one.frames, 'frame')}."
            for one, role in cohorts
        ),
        "groups": _of_all(
            f"{role}: {named}." if (named := _counts(one.groups)) else "" for one, role in cohorts
        ),
        "devices": f"Devices by the manifest: {devices}." if devices else "",
        "differences": _differences(run),
    }


def _source(cohort: CohortTable, role: str) -> str:
    if cohort.synthetic:
        return f"{role}: simulated, no patient was examined."
    texts = [_ended(text) for text in (cohort.source, cohort.description) if text.strip()]
    return f"{role}, by its card: {' '.join(texts)}" if texts else ""


def _ended(text: str) -> str:
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def _differences(run: RunFiles) -> str:
    mine, by = run.config.cohort, run.config.cross_validation.leave_out
    if not run.config.trained_on:
        return (
            f"One cohort; in each fold no training patient has the {by} tested on."
            if by
            else "None but chance: training and testing are patients of one cohort in turn."
        )
    stated = []
    for other in run.config.trained_on:
        pairs = {
            name: (getattr(other, key), getattr(mine, key)) for key, name in _CARD_KEYS.items()
        }
        pairs |= {key: (other.extraction.get(key), ours) for key, ours in mine.extraction.items()}
        different = [
            f"{name} ({theirs}; {ours})" for name, (theirs, ours) in pairs.items() if theirs != ours
        ]
        named = listed(different) or "nothing that their cards state"
        stated.append(f"{other.name} and {mine.name} differ in {named}.")
    return " ".join(stated)


def _label_facts(run: RunFiles) -> dict[str, str]:
    cohort, protocol = run.config.cohort, run.protocol
    rubric, level = cohort.rubric, cohort.label_level
    known = rubric in rubric_names() and rubric != "unknown"
    by = f"{rubric} ({describe_rubric(rubric)})" if known else "not specified"
    scores = []
    for score in SCORES:
        mine = run.first_clips[run.first_clips["truth"] == score]
        patients = plural(mine["patient"].nunique(), "patient")
        scores.append(f"{score}: {plural(len(mine), 'clip')} of {patients}")
    return {
        "outcome": f"Lung ultrasound severity score 0 to 3; scoring system: {by}. Scores of the "
        f"{len(protocol.zones)} zones of {protocol.name} are summed to a global score of at most "
        f"{protocol.maximum}.",
        "labels": "Scores were given frame by frame."
        if level == "frame"
        else f"Scores were given per {level}; every frame carries the score of its {level} (a weak "
        f"label), and results are summed up per {run.level}.",
        "raters": f"The manifest names {plural(cohort.raters, 'rater')} of the scores used."
        if cohort.raters
        else "",
        "test_labels": f"By the scores on record in {cohort.name}: scoring system {rubric}, given "
        f"per {level}.",
        "scores": f"True scores of the cohort tested on: {listed(scores)}.",
    }


def _missing_data(run: RunFiles) -> dict[str, str]:
    cohort = run.config.cohort
    unscored = cohort.unlabelled_clips
    skipped = cohort.skipped_clips
    reasons = Counter(entry.error.rstrip(".") for entry in skipped).most_common()
    named = "; ".join(f"{number} × {reason}" for reason, number in reasons[:_SHOWN])
    if len(reasons) > _SHOWN:
        named += f"; {plural(len(reasons) - _SHOWN, 'more reason')}"
    frames = cohort.extraction.get("frames")
    return {
        "unscored": ""
        if unscored is None
        else f"{plural(unscored, 'clip')} of the manifest without a score: not used.",
        "skipped": f"{plural(len(skipped), 'clip')} with a score {have(len(skipped))} no "
        f"embeddings: {named}."
        if skipped
        else "Every clip with a score has embeddings.",
        "missing_zones": _missing_zones(run),
        "frames_used": f"Frames policy {frames}; repeated frames: "
        f"{cohort.extraction.get('repeated', 'keep')}; frames outside labelled segments are not "
        "used."
        if frames
        else "",
    }


def _missing_zones(run: RunFiles) -> str:
    mine = run.exams[run.exams["model"] == run.models[0]]
    mine = mine[mine["repeat"] == mine["repeat"].min()]
    if mine.empty:
        return "No clip has a zone on record: nothing is shown per zone or exam."
    lacking = (mine["zones_of_protocol"] - mine["zones_scored"]).astype(int)
    unknown = int((run.first_clips["zone"] == "").sum())
    also = (
        f" {plural(unknown, 'clip')} without a known zone: in no exam’s score." if unknown else ""
    )
    return (
        f"{lacking.sum():,} of {int(mine['zones_of_protocol'].sum()):,} zones have no clip with a "
        f"score, in {int((lacking > 0).sum()):,} of {plural(len(mine), 'exam')}; they are left out "
        f"of both sums and never imputed.{also}"
    )


def _split_facts(run: RunFiles) -> dict[str, str]:
    validation, mine = run.config.cross_validation, run.config.cohort.name
    others = listed([other.name for other in run.config.trained_on])
    by = validation.leave_out
    if others:
        split = f"All of {others} for training, all of {mine} for testing."
    elif by:
        split = f"Each of {validation.folds} {by}s is left out in turn (seed {validation.seed})."
    else:
        split = (
            f"{validation.folds} folds of patients, {plural(validation.repeats, 'repeat')}, seed "
            f"{validation.seed}."
        )
    subgroups = (
        f"Each fold is one {by} that was left out: tables/folds.csv has its results."
        if by
        else "Results by group, device, sex or age are not examined in this run."
    )
    return {
        "goal": "Heads are trained on other cohorts and tested on this one."
        if others
        else "Heads are trained and tested in turn on one cohort.",
        "partition": f"{split} Folds are recorded in folds.csv.",
        "disjoint": "Patients, by cohort; recordings, by their bytes. That no person is in both "
        "cohorts is not known beyond that."
        if others
        else f"Patients: no exam, clip or frame of a patient tested is trained on"
        f"{f', and no {by}' if by else ''}.",
        "training_sizes": _training_sizes(run),
        "internal": "Not in this run: it tests on another cohort."
        if others
        else "Every result of this report, by cross-validation.",
        "external": f"Every result of this report: trained on {others}, tested on {mine}."
        if others
        else "None in this run: all data are of one cohort.",
        "subgroups": subgroups,
        "fairness": f"No step was taken. {subgroups}",
        "robustness": f"In this run: permuted predictions; {split}",
        "predictions": "Each frame by a head that was not trained on its patient; all "
        "probabilities are in predictions.csv.",
    }


def _training_sizes(run: RunFiles) -> str:
    table = run.training[run.training["model"] == run.models[0]]
    if table.empty:
        return ""
    trained, tested = (
        f"{_range(table[f'{side}_patients'])} patients and {_range(table[f'{side}_frames'])} frames"
        for side in ("train", "test")
    )
    return f"Per fold trained on {trained}, tested on {tested} (tables/training.csv)."


def _range(column: pd.Series) -> str:
    low, high = int(column.min()), int(column.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _model_facts(run: RunFiles) -> dict[str, str]:
    config = run.config
    extraction = config.cohort.extraction
    networks = [
        f"{one.name} (weights {one.weights_digest[:12]}…, {one.embedding_size} numbers per frame "
        f"of {' × '.join(map(str, one.input_size))} pixels)"
        for one in config.backbones
    ]
    heads = "; ".join(_with_settings(one.name, one.settings) for one in config.heads)
    if config.selection:
        candidates = config.selection.candidates
        heads += f"; candidates in each fold ({len(candidates)}): {'; '.join(candidates[:_SHOWN])}"
        heads += ", …" * (len(candidates) > _SHOWN)
    several = [name for name in run.models if "+" in name.partition("[")[0] or ";" in name]
    averaged = config.selection.averaged if config.selection else {}
    several += [f"selected/{way} (mean of {n})" for way, n in averaged.items() if n > 1]
    versions = {"lusscore": config.run.lusscore, **config.versions}
    return {
        "technology": f"Frozen networks ({listed([one.name for one in config.backbones])}) and "
        f"heads trained on their embeddings ({heads})."
        if networks
        else "",
        "predictors": f"Embeddings of {'; '.join(networks)}. Models: {listed(run.models)}."
        if networks
        else "",
        "preprocessing": _with_settings("Frames, by the card", extraction) + "."
        if extraction
        else "",
        "head_input": "Embeddings; scales and components are learned from training patients. "
        f"Heads: {heads}.",
        "training_data": f"{plural(int(extraction['variants']), 'augmented variant')} of each "
        "frame, and the frame itself; ranges as under preprocessing."
        if "variants" in extraction
        else "",
        "initialisation": "Backbones keep the weights of the digests shown; heads start from their "
        "seeds."
        if networks
        else "",
        "head": f"Heads: {heads}.",
        "selection": _selection(run),
        "ensembles": f"Models made of several: {listed(several)}."
        if several
        else "None: each model has one backbone and one head.",
        "imbalance": f"Heads: {heads}. No resampling by score; macro measures weight every score "
        "equally.",
        "software": f"{', '.join(f'{name} {one}' for name, one in versions.items())}. lusscore is "
        "under Apache-2.0.",
        "command": f"Repeated by: {run.command}",
    }


def _with_settings(name: str, settings: Mapping[str, Any]) -> str:
    shown = [f"{key.replace('_', ' ')} {value}" for key, value in settings.items() if key != "name"]
    return f"{name} ({', '.join(shown)})" if shown else name


def _selection(run: RunFiles) -> str:
    table, how = run.selection, run.config.selection
    if table is None or table.empty:
        return (
            "Nothing was selected inside this run: every model of its command is reported "
            f"({len(run.models)})."
        )
    chosen = Counter(zip(table["candidate"], table["settings"], strict=True)).most_common(_SHOWN)
    named = "; ".join(
        f"{name} {settings} ({n})".replace("  ", " ") for (name, settings), n in chosen
    )
    by = f" by {how.criterion.replace('_', ' ')} of {how.level}s" if how else ""
    return f"Selected on the training patients of each fold{by}: {named} (tables/selection.csv)."


def _result_facts(run: RunFiles) -> dict[str, str]:
    first = model_labels(run.models)[run.models[0]]
    entry, bootstrap = run.entries[run.models[0]], run.metrics["bootstrap"]
    pooled, interval = entry["pooled"], entry["interval"]
    clips = run.first_clips
    off = (clips["prediction"] - clips["truth"]).abs()
    clip, zone = (run.metrics["rules"][level] for level in ("clip", "zone"))
    chosen = clip["chosen_in_folds"] or zone["chosen_in_folds"]
    return {
        "uncertainty": f"95\u00a0% intervals from {bootstrap['resamples']:,} bootstrap resamples "
        f"of patients (seed {bootstrap['seed']}), beside as many permutations of patients and the "
        "majority-class baseline.",
        "compared": f"{plural(len(run.models), 'model')} and the baseline, pair by pair on the "
        "same patients: bootstrap of differences, corrected t-test over folds, McNemar’s test, "
        "each with Holm’s correction.",
        "output": "Four probabilities per frame; the most probable score counts. Frames give the "
        f"score of a clip by the rule {clip['default']}, of a zone by {zone['default']}"
        f"{', or by what the folds selected' if chosen else ''}. No threshold on a probability was "
        "set.",
        "performance": f"{first}, by {run.level}s: accuracy {percent(pooled['accuracy'])} "
        f"{bounds(interval.get('accuracy'))}, quadratic kappa {three(pooled['quadratic_kappa'])} "
        f"{bounds(interval.get('quadratic_kappa'))}; every measure of every model in "
        "tables/metrics.csv.",
        "failures": f"{first} missed {int((off > 0).sum()):,} of {plural(len(clips), 'clip')}, "
        f"{int((off > 1).sum()):,} of them by more than one score.",
    }
