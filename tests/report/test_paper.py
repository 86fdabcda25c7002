from lusscore.report.paper import PUBLISHED


def test_the_papers_figures_are_those_it_prints():
    rows = {
        name: (row.accuracy, row.macro_precision, row.macro_recall, row.macro_auc)
        for name, row in PUBLISHED.items()
    }
    assert rows == {
        "xception": (0.948, 0.839, 0.812, 0.978),
        "resnet50": (0.935, 0.859, 0.819, 0.991),
        "vgg16": (0.942, 0.811, 0.737, 0.971),
    }
    minutes = [row.training_minutes for row in PUBLISHED.values()]
    assert minutes == [33.92, 25.97, 73.67]
