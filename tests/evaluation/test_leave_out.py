from dataset_maker import make_labelled
from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.evaluation.leave_out import keep_one_value


def test_one_device_each_leaves_all_frames() -> None:
    dataset = make_labelled(6).dataset
    one = keep_one_value(dataset, "device")
    assert one.dataset is dataset
    assert one.notes == ()
    assert one.values["p4"] == "device 1"


def test_of_a_patient_with_two_devices_the_one_of_most_frames_counts() -> None:
    """p0 has zones 0, 1, 2 with devices b, a, a; p1 two zones with c and d, equally often."""
    devices = {(0, 0): "b", (0, 1): "a", (0, 2): "a", (1, 0): "d", (1, 1): "c", (1, 2): "c"}
    labelled = make_labelled(
        3, zones=3, frames=4, device=lambda patient, zone: devices.get((patient, zone), "e")
    )
    dataset = labelled.dataset.only((labelled.dataset.frames["clip"] != "p1_2.mp4").to_numpy())
    one = keep_one_value(dataset, "device")
    assert one.values == {"p0": "a", "p1": "c", "p2": "e"}
    assert set(one.dataset.frames["clip"]) == {
        "p0_1.mp4", "p0_2.mp4", "p1_1.mp4", "p2_0.mp4", "p2_1.mp4", "p2_2.mp4",
    }  # fmt: skip
    assert len(one.dataset.rows["efficientnet_lite0"]) == len(one.dataset.frames) == 24
    (note,) = one.notes
    assert note.startswith("2 of 3 patients were examined with more than one device and count with")
    assert "; 8 frames of another" in note


def test_the_embeddings_stay_with_their_frames() -> None:
    labelled = make_labelled(
        2, zones=2, frames=2, device=lambda patient, zone: f"d{zone + patient}"
    )
    one = keep_one_value(labelled.dataset, "device").dataset
    kept = labelled.dataset.frames.index[labelled.dataset.frames["clip"].isin(one.frames["clip"])]
    features = [FeatureSet(name) for name in one.backbones]
    assert (
        one.embeddings(features, one.frames.index.to_numpy())
        == labelled.dataset.embeddings(features, kept.to_numpy())
    ).all()


def test_a_patient_of_whom_any_device_is_unknown_is_unknown() -> None:
    labelled = make_labelled(
        3, device=lambda patient, zone: "" if (patient, zone) == (1, 1) else "a"
    )
    assert keep_one_value(labelled.dataset, "device").values == {"p0": "a", "p1": "", "p2": "a"}
