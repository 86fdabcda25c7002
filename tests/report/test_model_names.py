from lusscore.report.model_names import model_labels


def test_one_head_goes_without_saying():
    labels = model_labels(["xception/softmax", "mine/softmax"])
    assert labels["xception/softmax"] == "Xception"
    assert labels["mine/softmax"] == "mine"
    assert labels["baseline/majority"] == "Majority baseline"


def test_heads_are_named_where_they_differ():
    labels = model_labels(["vgg16/softmax", "vgg16/logistic"])
    assert labels["vgg16/softmax"] == "VGG16 · softmax"
    assert labels["vgg16/logistic"] == "VGG16 · logistic"
