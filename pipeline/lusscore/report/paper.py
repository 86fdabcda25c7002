"""What Raillard et al. 2022 report, to stand beside a run of the same backbones."""

from __future__ import annotations

from dataclasses import dataclass

CITATION = (
    "Raillard et al. Rapid Lung Ultrasound COVID-19 Severity Scoring with Resource-Efficient "
    "Deep Feature Extraction. 2022"
)
DATA = "49 patients (37 COVID-19, 12 healthy), 23,732 frames, Butterfly iQ"


@dataclass(frozen=True)
class Published:
    """One backbone's frame-level figures, means over three patient-wise folds.

    Attributes
    ----------
    accuracy, macro_precision, macro_recall, macro_auc
        0–1.
    training_minutes
        Mean training time on an i7 CPU with the whole network in the graph.
    """

    accuracy: float
    macro_precision: float
    macro_recall: float
    macro_auc: float
    training_minutes: float


PUBLISHED = {
    "xception": Published(0.948, 0.839, 0.812, 0.978, 33.92),
    "resnet50": Published(0.935, 0.859, 0.819, 0.991, 25.97),
    "vgg16": Published(0.942, 0.811, 0.737, 0.971, 73.67),
}
