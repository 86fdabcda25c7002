from pathlib import Path

import pytest

from lusscore.cohort import COLUMN_WORDS, choose_columns
from lusscore.errors import CohortError
from lusscore.tables import Row, Table


def table(header: str) -> Table:
    return Table(Path("t.csv"), tuple(header.split(",")), (), (), "utf-8")


def chosen(header: str, **told: str) -> dict[str, str]:
    return {word: column.name for word, column in choose_columns(table(header), told).items()}


def test_our_own_words_mean_themselves() -> None:
    words = [word for word in COLUMN_WORDS if word not in ("start_time", "end_time")]
    assert chosen(",".join(words)) == {word: word for word in words}


def test_usual_names_are_guessed() -> None:
    assert chosen("Video File,PatientID,Study Date,Location,Severity Score,Annotator,x") == {
        "clip": "Video File",
        "patient": "PatientID",
        "exam": "Study Date",
        "zone": "Location",
        "score": "Severity Score",
        "rater": "Annotator",
    }


def test_what_the_user_says_comes_first() -> None:
    assert chosen("file,path,who,lus", clip="path", patient="who")["clip"] == "path"
    assert (
        chosen("clip,subject,severity,lus", score="lus", patient="severity")["patient"]
        == "severity"
    )


def test_our_own_word_comes_before_a_usual_name() -> None:
    assert chosen("path,clip,patient,score,severity") == {
        "clip": "clip", "patient": "patient", "score": "score",
    }  # fmt: skip


def test_a_column_that_means_nothing_is_left_out() -> None:
    assert "exam" not in chosen("clip,patient,score,visit", exam="")
    assert "score" not in chosen("clip,patient,lus", score="")


def test_two_candidates_are_told() -> None:
    with pytest.raises(CohortError, match="may mean exam: 'visit', 'date'. Say which with --col"):
        chosen("clip,patient,score,visit,date")


def test_a_missing_column_lists_those_there_are_and_the_option() -> None:
    with pytest.raises(CohortError) as caught:
        chosen("clip,a,b")
    assert "known to mean patient and score; it has 'clip', 'a', 'b'" in str(caught.value)
    assert "--column patient=NAME, and so on for score" in str(caught.value)


def test_a_column_the_user_names_must_be_there_once() -> None:
    with pytest.raises(
        CohortError, match="has no column 'Zone' for zone; it has 'clip', 'patient'"
    ):
        chosen("clip,patient,score", zone="Zone")
    with pytest.raises(CohortError, match="has more than one column 'x' for zone"):
        chosen("clip,patient,score,x,x", zone="x")
    with pytest.raises(CohortError, match="--column does not know 'place'; expected one of clip, "):
        chosen("clip,patient,score", place="x")


def test_frames_and_seconds_exclude_each_other() -> None:
    with pytest.raises(CohortError, match=r"both frames \('frame_end'\) and seconds"):
        chosen("clip,patient,score,frame_start,frame_end,end_time")


def test_a_part_of_a_column_is_what_an_expression_finds() -> None:
    columns = choose_columns(
        table("name,score"), {"clip": "name", "patient": r"name~p(\d+)", "zone": "name~[LR]$"}
    )
    row = Row(2, ("p12_L", "1"))
    assert {word: column.read(row) for word, column in columns.items()} == {
        "clip": "p12_L", "patient": "12", "zone": "L", "score": "1",
    }  # fmt: skip
    assert columns["patient"].read(Row(3, ("x", "1"))) == ""
    with pytest.raises(CohortError, match=r"--column zone=name~\( holds no valid regular expr"):
        choose_columns(table("name,patient,score"), {"clip": "name", "zone": "name~("})
