import pytest

from lusscore.cohort import get_protocol
from lusscore.cohort.importers.reading.clip_owner import Owner, OwnerReader, number_visits_of
from lusscore.errors import CohortError, Problem

NAMES = {"file": "ward/P12_R2_late.mp4", "task": "P12 visit 3"}
FIELDS = {"patient": "anna", "exam_id": "2", "zone": "r1", "Area": "L3", "group": "covid"}


def read(problems: list[Problem], fields: dict[str, str], **columns: str) -> Owner | None:
    reader = OwnerReader(columns)
    field = lambda name: fields.get(name, "")  # noqa: E731
    return reader.read("task 1", field, NAMES, get_protocol("blue-6"), problems)


def test_words_without_a_choice_are_fields_of_that_name() -> None:
    assert read([], FIELDS) == Owner("anna", "2", "R1", "covid", "")
    assert read([], {"patient_id": "7"}) == Owner("7", "1", "", "", "")


def test_a_field_or_a_part_of_a_name_may_be_chosen() -> None:
    owner = read([], FIELDS, patient=r"file~P(\d+)_", exam=r"task~visit (\d+)", zone="Area")
    assert owner == Owner("12", "3", "L3", "covid", "")
    assert read([], FIELDS | {"note": "no. 7 of 9"}, patient=r"note~\d+", zone="") == Owner(
        "7", "2", "", "covid", ""
    )
    assert read([], {}, patient="task~P[0-9]+", zone="file~[LR][123]") == Owner(
        "P12", "1", "R2", "", ""
    )


def test_a_missing_patient_and_a_strange_zone_are_both_noted() -> None:
    problems: list[Problem] = []
    assert read(problems, {"zone": "R9"}, patient=r"file~Q(\d+)") is None
    assert [problem.where for problem in problems] == ["task 1", "task 1"]
    assert "--column patient=FIELD" in str(problems[0])
    assert "'R9' is not a zone of blue-6; expected one of" in str(problems[1])


def test_a_pattern_that_is_none_gets_a_sentence() -> None:
    with pytest.raises(
        CohortError, match=r"--column zone=file~\( holds no valid regular expression after"
    ):
        OwnerReader({"zone": "file~("})


def test_a_word_that_means_nothing_gets_a_sentence() -> None:
    with pytest.raises(CohortError, match="--column does not know 'zones'; expected one of clip"):
        OwnerReader({"zones": "x"}, ("clip",))


def test_dates_of_exams_are_numbered_and_not_kept() -> None:
    dated = [Owner("a", day, "", "", "") for day in ("2026-03-02", "2026-01-31", "2026-03-02")]
    assert [owner.exam for owner in number_visits_of(dated, "x")] == ["2", "1", "2"]
    plain = [Owner("a", "first", "", "", "")]
    assert number_visits_of(plain, "x") == plain
    with pytest.raises(CohortError, match="The exam in x holds dates, but not all"):
        number_visits_of([*dated, *plain], "x")
