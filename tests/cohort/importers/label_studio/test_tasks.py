from lusscore.cohort.importers.label_studio.tasks import (
    LabelTask,
    Opinion,
    Told,
    latest_opinions,
    name_raters,
)


def test_who_has_a_number_keeps_it_and_the_others_get_what_is_left() -> None:
    names = name_raters(["b@x.example", "2", "a@x.example", "1", "b@x.example", ""])
    assert names == {
        "2": "annotator 2",
        "1": "annotator 1",
        "b@x.example": "annotator 3",
        "a@x.example": "annotator 4",
        "": "",
    }


def test_a_later_opinion_of_the_same_annotator_takes_the_place_of_the_earlier() -> None:
    opinions = [Opinion("1", "b", ()), Opinion("1", "a", ()), Opinion("2", "a", ())]
    assert {(one.annotator, one.when) for one in latest_opinions(opinions)} == {
        ("1", "b"),
        ("2", "a"),
    }
    assert len(latest_opinions([Opinion("", "a", ()), Opinion("", "b", ())])) == 2


def test_a_field_is_data_or_what_was_said_with_that_control() -> None:
    said = Opinion("1", "", (Told("zone", ("R1",)),))
    other = Opinion("2", "", (Told("zone", ("R2",)), Told("zone", ())))
    assert LabelTask("task 1", {"patient": "p"}, (said, said)).values("zone") == ("R1",)
    assert LabelTask("task 1", {}, (said, other)).values("zone") == ("R1", "R2")
    assert LabelTask("task 1", {"zone": "L1"}, (said,)).values("zone") == ("L1",)
    assert LabelTask("task 1", {}, ()).values("zone") == ()
