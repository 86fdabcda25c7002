from lusscore.report.figure_set import save_figures


def test_every_figure_is_saved_in_both_forms(clinical, labels, tmp_path):
    svgs = save_figures(clinical, tmp_path / "figures", labels)
    assert set(svgs) == {
        "intervals",
        "zone_accuracy",
        "roc",
        "confusion_frame",
        "confusion_zone",
        "global_score",
    }
    saved = {path.name for path in (tmp_path / "figures").iterdir()}
    assert saved == {f"{name}.{kind}" for name in svgs for kind in ("png", "svg")}
