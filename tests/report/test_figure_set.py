from lusscore.report.figure_set import save_figures
from lusscore.report.model_names import model_labels


def test_every_figure_is_saved_in_both_forms(clinical, labels, tmp_path):
    svgs = save_figures(clinical, tmp_path / "figures", labels)
    assert set(svgs) == {
        "intervals",
        "zone_accuracy",
        "roc",
        "confusion_frame",
        "confusion_zone",
        "global_score",
        "bland_altman",
        "reliability",
        "coverage",
    }
    saved = {path.name for path in (tmp_path / "figures").iterdir()}
    assert saved == {f"{name}.{kind}" for name in svgs for kind in ("png", "svg")}


def test_without_zones_there_are_no_figures_of_zones_and_exams(images, tmp_path):
    svgs = save_figures(images, tmp_path / "figures", model_labels(images.models))
    assert set(svgs) == {"intervals", "roc", "confusion_frame", "reliability", "coverage"}
