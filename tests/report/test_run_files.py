from __future__ import annotations

import pytest

from lusscore.errors import RunError
from lusscore.report.run_files import model_labels, read_run_files


def test_names_stay_text(clinical):
    assert set(clinical.exams["patient"]) == {str(101 + number) for number in range(12)}
    assert clinical.exams["exam"].iloc[0] == "1"
    assert clinical.zones["truth"].dtype.kind == "i"
    assert clinical.models == ["xception/softmax", "resnet50/softmax", "vgg16/softmax"]


def test_a_patient_called_na_is_no_gap(own_folder):
    path = own_folder / "exams.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",101,", ",NA,"), encoding="utf-8")
    assert "NA" in set(read_run_files(own_folder).exams["patient"])


def test_an_unknown_zone_is_empty_text(half):
    assert (half.clips["zone"] == "").any()
    assert (half.zones["zone"] != "").all()


def test_the_level_is_that_of_the_labels_but_clips_without_zones(clinical, weak, images):
    assert [run.level for run in (clinical, weak, images)] == ["frame", "clip", "clip"]
    assert images.metrics["label_level"] == "zone"


@pytest.mark.parametrize(
    "name",
    [
        "folds.csv",
        "clips.csv",
        "zones.csv",
        "exams.csv",
        "metrics.json",
        "tables/training.csv",
        "tables/zone_accuracy.csv",
        "tables/roc.csv",
    ],
)
def test_a_missing_file_is_named(own_folder, name):
    (own_folder / name).unlink()
    with pytest.raises(RunError, match=rf"lacks {name.split('/')[-1]}, from which the report"):
        read_run_files(own_folder)


def test_metrics_of_another_schema_are_refused(own_folder, change_metrics):
    change_metrics(own_folder, lambda metrics: metrics.update(schema=99))
    with pytest.raises(RunError, match=r"a later lusscore \(schema 99\).*; update lusscore"):
        read_run_files(own_folder)


def test_damaged_metrics_are_named(own_folder):
    (own_folder / "metrics.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"metrics\.json: it is not the JSON"):
        read_run_files(own_folder)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2,3\n4\n\xff"])
def test_a_damaged_table_is_named(own_folder, content):
    (own_folder / "zones.csv").write_bytes(content)
    with pytest.raises(RunError, match=r"zones\.csv: it is not a table"):
        read_run_files(own_folder)


def test_one_head_goes_without_saying():
    labels = model_labels(["xception/softmax", "mine/softmax"])
    assert labels["xception/softmax"] == "Xception"
    assert labels["mine/softmax"] == "mine"
    assert labels["baseline/majority"] == "Majority baseline"


def test_heads_are_named_where_they_differ():
    labels = model_labels(["vgg16/softmax", "vgg16/logistic"])
    assert labels["vgg16/softmax"] == "VGG16 · softmax"
    assert labels["vgg16/logistic"] == "VGG16 · logistic"
