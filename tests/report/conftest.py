import json
import shutil

import pandas as pd
import pytest

from exam_maker import make_exam, make_exam_bundle
from lusscore.evaluation.evaluate import evaluate_run
from lusscore.evaluation.run_config import SkippedClip
from lusscore.report import exam_page, write_report
from lusscore.report.run_files import model_labels, read_run_files
from run_maker import Recipe, changed, make_run

SKIPPED = (
    (
        "clips/doe_jane/L-ant-sup_1.mp4",
        "The clip cannot be read as video; replace it.",
    ),
)
PAPER_MODELS = (("xception", 2.9), ("resnet50", 2.3), ("vgg16", 0.6))


def _evaluated(folder, recipe):
    make_run(folder, recipe)
    evaluate_run(folder, resamples=200)
    return folder


_MADE = shutil.ignore_patterns("report.html", "figures", "reporting_items.csv")


def _copy(folder, place):
    """Copy a run as it is before its report."""
    return shutil.copytree(folder, place, ignore=_MADE)


@pytest.fixture(scope="session")
def clinical_folder(tmp_path_factory):
    """Three networks of the paper, frame labels, a fold without scores 2 and 3, a skipped clip."""
    recipe = Recipe(
        skill=PAPER_MODELS, synthetic=False, capped_fold=2, skipped=SKIPPED, name="clinic"
    )
    return _evaluated(tmp_path_factory.mktemp("runs") / "clinical", recipe)


@pytest.fixture(scope="session")
def weak_folder(tmp_path_factory):
    """One unskilled network, clip labels, blue-6, two repeats, several clips per zone."""
    recipe = Recipe(
        skill=(("efficientnet_lite0", 0.0),),
        protocol="blue-6",
        label_level="clip",
        repeats=2,
        clips=(1, 3),
        healthy=0,
    )
    return _evaluated(tmp_path_factory.mktemp("runs") / "weak", recipe)


@pytest.fixture(scope="session")
def images_folder(tmp_path_factory):
    """One network on clips none of which has a known zone, scored per zone."""
    recipe = Recipe(skill=(("vgg16", 1.5),), label_level="zone", unzoned_clips=1.0, name="images")
    return _evaluated(tmp_path_factory.mktemp("runs") / "images", recipe)


@pytest.fixture(scope="session")
def half_folder(tmp_path_factory):
    """Two networks, two repeats; half of the clips and two whole patients without a zone."""
    recipe = Recipe(unzoned_clips=0.5, unzoned_patients=2, repeats=2, name="half")
    return _evaluated(tmp_path_factory.mktemp("runs") / "half", recipe)


@pytest.fixture
def images(images_folder):
    return read_run_files(images_folder)


@pytest.fixture
def half(half_folder):
    return read_run_files(half_folder)


@pytest.fixture
def clinical(clinical_folder):
    return read_run_files(clinical_folder)


@pytest.fixture
def weak(weak_folder):
    return read_run_files(weak_folder)


@pytest.fixture
def labels(clinical):
    return model_labels(clinical.models)


@pytest.fixture
def own_folder(clinical_folder, tmp_path):
    """A copy of the clinical run to change."""
    return _copy(clinical_folder, tmp_path / "run")


@pytest.fixture(scope="session")
def hostile_folder(clinical_folder, tmp_path_factory):
    """The clinical run with markup and paths in every name that comes from files."""
    own_folder = _copy(clinical_folder, tmp_path_factory.mktemp("runs") / "hostile")
    bad = "<script>alert('x')</script>&\"'"
    for name in ("folds.csv", "zones.csv", "exams.csv"):
        path = own_folder / name
        table = pd.read_csv(path, dtype={"patient": str, "exam": str, "group": str})
        table["patient"] = table["patient"].replace("101", bad)
        if "exam" in table:
            table["exam"] = "<b>one</b>"
        if "group" in table:
            table["group"] = "<i>ill</i>"
        table.to_csv(path, index=False)
    text = (own_folder / "config.toml").read_text(encoding="utf-8")
    text = text.replace('name = "clinic"', "name = '<img src=x onerror=alert(1)>'")
    text = text.replace(
        "lusscore cv data/phantom",
        "lusscore cv /clinic/ann/secret/study --data-dir 'C:\\\\ann\\\\d'",
    )
    (own_folder / "config.toml").write_text(text, encoding="utf-8")
    return own_folder


@pytest.fixture
def without_figures(monkeypatch):
    """Write reports whose figures are empty: drawing is most of the work."""
    monkeypatch.setattr("lusscore.report.write.save_figures", _no_figures)


def _no_figures(run, folder, labels):
    names = ["intervals", "zone_accuracy", "roc", "confusion_frame", "confusion_zone"]
    names += ["reliability", "coverage", "global_score", "bland_altman"]
    return dict.fromkeys(names, "<svg></svg>")


@pytest.fixture(scope="session")
def clinical_page(clinical_folder):
    """The report of the clinical run, with its figures, written beside it."""
    return write_report(clinical_folder).read_text(encoding="utf-8")


@pytest.fixture
def change_metrics():
    """Change a run's ``metrics.json`` by a function."""

    def change(folder, function):
        path = folder / "metrics.json"
        metrics = json.loads(path.read_text(encoding="utf-8"))
        function(metrics)
        path.write_text(json.dumps(metrics), encoding="utf-8")

    return change


@pytest.fixture
def external(clinical):
    """The clinical run as if trained on another cohort, of another protocol."""
    other = changed(
        clinical, cohort={
            "name": "far", "protocol": "lus-8", "patients": 30, "frames": 1000,
            "skipped_clips": (SkippedClip(clip="a.mp4", error="broken"),),
        },
    ).config.cohort  # fmt: skip
    return changed(clinical, trained_on=(other,))


@pytest.fixture(scope="session")
def exam_html() -> str:
    """The page of an exam with all that can befall one."""
    return exam_page(make_exam(), make_exam_bundle(), created="2026-03-14T09:05:00+00:00")
