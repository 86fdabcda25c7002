from collections.abc import Callable
from pathlib import Path

from lusscore.checks import Finding, quick_findings
from lusscore.cohort import Card, Rating, Segment, write_cohort

Rows = Callable[..., Segment]
Found = Callable[..., dict[str, Finding]]


def test_a_sound_cohort_has_its_baseline_told_and_nothing_else(
    sound: list[Segment], found_in_rows: Found
) -> None:
    found = found_in_rows(sound)
    assert found.keys() == {"majority-baseline"}
    assert found["majority-baseline"].level == "note"


def test_the_baseline_is_the_share_of_the_commonest_score(rows: Rows, found_in_rows: Found) -> None:
    segments = [rows("a", "R1", 1), rows("b", "R1", 1), rows("c", "R1", 1), rows("d", "R1", 0)]
    what = found_in_rows(segments)["majority-baseline"].what
    assert what.startswith("Always predicting 1 is right for 75\u00a0% of the labelled rows")
    assert "balanced accuracy of 50\u00a0%" in what


def test_scores_out_of_balance_absent_and_rare(rows: Rows, found_in_rows: Found) -> None:
    segments = [rows(f"p{number}", "R1", 0) for number in range(8)] + [rows("p0", "R2", 2)]
    found = found_in_rows(segments)
    assert "Scores 1 and 3 never occur," in found["score-never-occurs"].what
    assert "89\u00a0%" in found["unbalanced-scores"].what
    assert found["score-in-few-patients"].where == ("p0",)
    for code in ("score-never-occurs", "unbalanced-scores", "score-in-few-patients"):
        assert found[code].level == "warning"


def test_missing_labels_and_patients_without_any(
    sound: list[Segment], rows: Rows, found_in_rows: Found
) -> None:
    found = found_in_rows(
        [*sound, *(rows("z", zone, None) for zone in ("R1", "R2", "R3", "L1", "L2", "L3"))]
    )
    assert "6 of 42 rows (14\u00a0%)" in found["missing-labels"].what
    assert len(found["missing-labels"].places) == 6
    assert found["unlabelled-patients"].where == ("z",)


def test_no_labels_at_all_is_said_once(rows: Rows, found_in_rows: Found) -> None:
    found = found_in_rows([rows(patient, "R1", None) for patient in "abc"])
    assert "no-labels" in found
    assert not {"missing-labels", "unlabelled-patients", "majority-baseline"} & found.keys()


def test_card(sound: list[Segment], found_in_rows: Found) -> None:
    found = found_in_rows(sound, rubric="unknown", label_level="zone")
    assert found["rubric-unknown"].level == "warning"
    assert "per zone" in found["weak-labels"].what


def test_raters_who_agree_and_who_do_not(sound: list[Segment], found_in_rows: Found) -> None:
    clips = [segment.clip for segment in sound[:8]]
    one = [Rating(clip, "one", number % 4) for number, clip in enumerate(clips)]
    near = [
        Rating(clip, "near", min(3, number % 4 + (number == 0)))
        for number, clip in enumerate(clips)
    ]
    found = found_in_rows(sound, ratings=[*one, *near])
    assert found["raters-agree"].where == ("near", "one")
    assert "over 8 segments that both scored" in found["raters-agree"].what
    far = [Rating(clip, "far", 3 - number % 4) for number, clip in enumerate(clips)]
    found = found_in_rows(sound, ratings=[*one, *far, Rating("gone.mp4", "far", 1)])
    assert found["raters-disagree"].level == "warning"
    assert found["ratings-of-no-clip"].places == ("gone.mp4",)


def test_bad_ratings_are_errors(sound: list[Segment], found_in_rows: Found) -> None:
    bad = found_in_rows(sound, ratings=[Rating(sound[0].clip, "one", 7)])["invalid-ratings"]
    assert (bad.level, bad.where) == ("error", ("line 2, column score",))


def test_ratings_that_cannot_be_read_are_told_without_their_folder(
    sound: list[Segment], tmp_path: Path
) -> None:
    folder = tmp_path / "Ada" / "rows"
    cohort = write_cohort(folder, Card("rows", "blue-6", "soldati-2020"), sound)
    ratings = folder / "ratings.csv"

    def check_finding() -> None:
        (bad,) = [one for one in quick_findings(cohort) if one.code == "invalid-ratings"]
        assert "Ada" not in str(bad)
        assert bad.what[0].isupper()
        assert bad.what.endswith(".")
        assert not bad.what.endswith("..")
        assert bad.where == ("ratings.csv",)

    for content in (b"", b"clip,rater\na,b\n", b"\xff"):
        ratings.write_bytes(content)
        check_finding()
    ratings.unlink()
    ratings.mkdir()
    check_finding()
